package signin

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"strings"
	"testing"

	"carriole/api/post"
)

func TestMailer(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	trusting := &tls.Config{RootCAs: roots}
	const (
		plain = iota
		startTLS
		implicit
	)
	for _, x := range []struct {
		name    string
		server  int
		url     string // before the address
		tls     *tls.Config
		refuse  []error
		tries   int // seen by the server
		want    string
		private bool // sent over TLS
	}{
		{"TLS from the beginning", implicit, "smtps://farm:p%40ss@", trusting, nil, 1, "", true},
		{"STARTTLS", startTLS, "smtp://farm:p%40ss@", trusting, nil, 1, "", true},
		{"none", plain, "smtp+plain://", nil, nil, 1, "", false},
		{"STARTTLS is not offered", plain, "smtp://", trusting, nil, 0, "TLS", false},
		{"a certificate of nobody known", startTLS, "smtp://", nil, nil, 0, "certificate", false},
		{"TLS of nobody known", implicit, "smtps://", nil, nil, 0, "certificate", false},
		{"a wrong password", startTLS, "smtp://farm:secret@", trusting, nil, 0, "uth", false},
		{"later", startTLS, "smtp://", trusting, []error{errLater, errLater}, 3, "", true},
		{"never", startTLS, "smtp://", trusting, []error{errNever}, 1, "no such box", false},
		{"later for too long", startTLS, "smtp://", trusting, []error{errLater, errLater, errLater, errLater}, 4, "come again", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			certificates := web.TLS
			if x.server == plain {
				certificates = nil
			}
			office := newPostOffice(t, certificates, x.server == startTLS)
			office.refuse = x.refuse
			m, err := newMailer(&post.Server{URL: x.url + office.address, From: "c@example.org", TLS: x.tls})
			must(t, err)
			for i := range m.pauses {
				m.pauses[i] = 0
			}
			err = m.send(t.Context(), "marie@example.org", french(), "https://plan.example.org/signin/link/x")
			office.mu.Lock()
			defer office.mu.Unlock()
			if office.tries != x.tries {
				t.Errorf("%d tries, want %d", office.tries, x.tries)
			}
			if x.want != "" {
				if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "secret") || len(office.letters) > 0 {
					t.Errorf("got %v and %d letters, want %q", err, len(office.letters), x.want)
				}
				return
			}
			if err != nil || len(office.letters) != 1 || office.letters[0].encrypted != x.private || !strings.Contains(office.letters[0].body, "https://plan.example.org/signin/link/x\r\n") {
				t.Errorf("got %+v, %v", office.letters, err)
			}
		})
	}
}
