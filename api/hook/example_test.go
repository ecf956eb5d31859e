package hook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receive is what a marketplace runs at the address of its webhook. The secret is the one that was shown when the webhook
// was made.
func receive(secret string) (http.HandlerFunc, error) {
	webhook, err := webhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		if err := webhook.Verify(body, r.Header); err != nil { // before anything in it is believed
			http.Error(w, "the signature is not right", http.StatusUnauthorized)
			return
		}
		var event struct {
			Type string `json:"type"`
			Data struct {
				Sale string `json:"sale"`
				Plan string `json:"plan"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			http.Error(w, "the body is not JSON", http.StatusBadRequest)
			return
		}
		// Keep the id, do nothing when it was there already, and answer before the work is done.
		fmt.Println(r.Header.Get("webhook-id"), event.Type, "sale", event.Data.Sale, "plan", event.Data.Plan)
		w.WriteHeader(http.StatusNoContent)
	}, nil
}

// The receiving end: verify the signature, keep the id, read the plan.
func Example_receive() {
	const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	handler, err := receive(secret)
	if err != nil {
		log.Fatal(err)
	}

	// What Carriole sends.
	body := `{"type":"plan.ready","timestamp":"2026-11-26T08:00:00.123Z","data":{"collective":"c1","sale":"s48","plan":"p2","number":2}}`
	signer, err := webhooks.NewWebhook(secret)
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	signature, err := signer.Sign("e7", now, []byte(body))
	if err != nil {
		log.Fatal(err)
	}
	for _, signature := range []string{signature, "v1,AAAA"} {
		r := httptest.NewRequest(http.MethodPost, "/hooks", strings.NewReader(body))
		r.Header.Set("webhook-id", "e7")
		r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
		r.Header.Set("webhook-signature", signature)
		w := httptest.NewRecorder()
		handler(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// e7 plan.ready sale s48 plan p2
	// 204
	// 401
}
