package signin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// mailer sends links.
type mailer struct {
	host    string
	options []mail.Option
	from    string
	pauses  []time.Duration // before another try
}

// newMailer reads the settings. Its errors do not show the server's URL, which may hold a password.
func newMailer(m *Mail) (*mailer, error) {
	u, err := url.Parse(m.Server)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the mail server cannot be read: it must be like smtps://user:password@mail.example.org, with special characters as %XX")
	}
	x := &mailer{host: u.Hostname(), from: m.From, pauses: []time.Duration{5 * time.Second, 20 * time.Second, time.Minute}}
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no e-mail address: it must be like Carriole <carriole@example.org>", m.From)
	}
	roots := &tls.Config{ServerName: x.host, MinVersion: tls.VersionTLS12}
	if m.TLS != nil {
		roots = m.TLS.Clone()
		roots.ServerName = x.host
	}
	var port int
	switch u.Scheme {
	case "smtps":
		port = 465
		x.options = append(x.options, mail.WithSSL())
	case "smtp":
		port = 587
		x.options = append(x.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "smtp+plain":
		port = 25
		x.options = append(x.options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, errors.New("the mail server's URL must begin with smtps://, smtp:// or smtp+plain://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("the mail server's port %q is no number", p)
		}
	}
	x.options = append(x.options, mail.WithPort(port), mail.WithTLSConfig(roots), mail.WithTimeout(30*time.Second))
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		x.options = append(x.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user), mail.WithPassword(password))
	}
	if _, err := mail.NewClient(x.host, x.options...); err != nil {
		return nil, fmt.Errorf("the mail server: %w", err)
	}
	x.from = from.String()
	return x, nil
}

// send sends a link to an address, and tries again where the server may take it later.
func (m *mailer) send(ctx context.Context, to string, w *words, link string) error {
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.from), message.To(to)); err != nil {
		return err
	}
	message.Subject(w.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader(mail.HeaderContentLang, w.Language)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, w.MailHello+"\r\n\r\n"+link+"\r\n\r\n"+w.MailOnce+"\r\n"+w.MailNot+"\r\n")
	for try := 0; ; try++ {
		err := m.deliver(ctx, message)
		var refused *mail.SendError
		if err == nil || try == len(m.pauses) || errors.As(err, &refused) && !refused.IsTemp() {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(m.pauses[try]):
		}
	}
}

func (m *mailer) deliver(ctx context.Context, message *mail.Msg) error {
	client, err := mail.NewClient(m.host, m.options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, message)
}
