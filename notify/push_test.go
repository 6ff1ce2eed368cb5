package notify

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func must(t *testing.T, text string) []byte {
	t.Helper()
	b, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSeal is RFC 8291, appendix A.
func TestSeal(t *testing.T) {
	s := Subscription{P256DH: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", Auth: "BTBZMqHH6r4Tts7J_aSIgg"}
	key, err := ecdh.P256().NewPrivateKey(must(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := seal(s, []byte("When I grow up, I want to be a watermelon"), key, must(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if encode(got) != want {
		t.Errorf("got  %s\nwant %s", encode(got), want)
	}
}

func TestPush(t *testing.T) {
	private, public, err := VAPIDKey()
	if err != nil {
		t.Fatal(err)
	}
	browser := func(endpoint string) Subscription {
		return Subscription{Endpoint: endpoint, P256DH: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", Auth: "BTBZMqHH6r4Tts7J_aSIgg"}
	}
	c := open(t, Setting{Kind: "push", Secret: private, User: "mailto:ops@park.example"})
	to := func(want string, endpoints ...string) {
		t.Helper()
		keep := message.Subscriptions
		defer func() { message.Subscriptions = keep }()
		for _, e := range endpoints {
			message.Subscriptions = append(message.Subscriptions, browser(e))
		}
		send(t, c, want)
	}
	at, got := server(t, 201, "")
	gone, _ := server(t, 410, "")
	busy, _ := server(t, 503, "")
	to("delivered", gone, at+"/push/1")
	to("refused", gone)
	to("again", gone, busy)
	to("refused")
	x := <-got
	if x.header.Get("Content-Encoding") != "aes128gcm" || x.header.Get("TTL") == "" || len(x.header.Get("Topic")) != 32 {
		t.Errorf("%v", x.header)
	}
	token, key, _ := strings.Cut(strings.TrimPrefix(x.header.Get("Authorization"), "vapid t="), ", k=")
	if key != public {
		t.Errorf("%s, want %s", key, public)
	}
	checkToken(t, token, key, at)
}

// checkToken verifies a VAPID token as a push service does.
func checkToken(t *testing.T, token, key, audience string) {
	t.Helper()
	parts := strings.Split(token, ".")
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(must(t, parts[1]), &claims); err != nil || claims.Aud != audience || claims.Sub != "mailto:ops@park.example" || claims.Exp == 0 {
		t.Errorf("%+v %v", claims, err)
	}
	k, sum, signature := must(t, key), sha256.Sum256([]byte(parts[0]+"."+parts[1])), must(t, parts[2])
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k)
	if err != nil {
		t.Fatal(err)
	}
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature does not hold")
	}
}
