// Package post hands e-mail in plain text to a mail server (SMTP).
package post

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

// Server is the server that takes e-mail, and who it is from.
type Server struct {
	URL  string      // smtps://user:password@host (TLS), smtp://… (TLS by STARTTLS, without which nothing is sent) or smtp+plain://… (no TLS); port 465, 587 or 25 unless given
	From string      // as in Carriole <carriole@example.org>
	TLS  *tls.Config // nil: the system's roots
}

// Sender sends by a server. It is safe for concurrent use.
type Sender struct {
	host    string
	options []mail.Option
	from    string
}

// A Letter is one e-mail.
type Letter struct {
	To       string
	Subject  string
	Language string // of the text, as in fr
	Text     string
	ID       string // the same each time that it is tried, so that a mailbox can tell; empty: one of its own
}

// New reads the settings, and calls nobody. Its errors do not show the server's URL, which may hold a password.
func New(s *Server) (*Sender, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the mail server cannot be read: it must be like smtps://user:password@mail.example.org, with special characters as %XX")
	}
	x := &Sender{host: u.Hostname()}
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no e-mail address: it must be like Carriole <carriole@example.org>", s.From)
	}
	x.from = from.String()
	roots := &tls.Config{ServerName: x.host, MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		roots = s.TLS.Clone()
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
	return x, nil
}

// Send hands a letter to the server, once.
func (s *Sender) Send(ctx context.Context, l Letter) error {
	m := mail.NewMsg()
	if err := errors.Join(m.From(s.from), m.To(l.To)); err != nil {
		return err
	}
	m.Subject(l.Subject)
	m.SetDate()
	if l.ID != "" {
		m.SetMessageIDWithValue(l.ID)
	} else {
		m.SetMessageID()
	}
	m.SetGenHeader(mail.HeaderContentLang, l.Language)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(mail.TypeTextPlain, l.Text)
	client, err := mail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, m)
}

// Refused reports whether an error of Send is a server's word that it will never take the letter.
func Refused(err error) bool {
	var e *mail.SendError
	return errors.As(err, &e) && !e.IsTemp()
}
