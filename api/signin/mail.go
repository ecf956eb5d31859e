package signin

import (
	"context"
	"time"

	"carriole/api/post"
)

// mailer sends links.
type mailer struct {
	sender *post.Sender
	pauses []time.Duration // before another try
}

func newMailer(s *post.Server) (*mailer, error) {
	sender, err := post.New(s)
	if err != nil {
		return nil, err
	}
	return &mailer{sender, []time.Duration{5 * time.Second, 20 * time.Second, time.Minute}}, nil
}

// send sends a link to an address, and tries again where the server may take it later.
func (m *mailer) send(ctx context.Context, to string, w *words, link string) error {
	letter := post.Letter{To: to, Subject: w.Subject, Language: w.Language,
		Text: w.MailHello + "\r\n\r\n" + link + "\r\n\r\n" + w.MailOnce + "\r\n" + w.MailNot + "\r\n"}
	for try := 0; ; try++ {
		err := m.sender.Send(ctx, letter)
		if err == nil || try == len(m.pauses) || post.Refused(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(m.pauses[try]):
		}
	}
}
