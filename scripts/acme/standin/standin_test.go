package standin

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"
	"github.com/miekg/dns"
)

// post does one call of Control and returns its status.
func post(t *testing.T, w *World, path string, form url.Values) int {
	t.Helper()
	recorder := httptest.NewRecorder()
	w.Control().ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path+"?"+form.Encode(), nil))
	return recorder.Code
}

// client is AWS's own, with the keys of a user.
func client(t *testing.T, w *World, user User) *route53.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(w.ServeRoute53))
	t.Cleanup(server.Close)
	return route53.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: user.SecretAccessKey}, nil
		}),
	})
}

func listZones(t *testing.T, c *route53.Client) error {
	t.Helper()
	_, err := c.ListHostedZonesByName(t.Context(), &route53.ListHostedZonesByNameInput{DNSName: aws.String("example.test")})
	return err
}

func changeTXT(t *testing.T, c *route53.Client, action types.ChangeAction, zone, name, value string) error {
	t.Helper()
	_, err := c.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(zone),
		ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: action, ResourceRecordSet: &types.ResourceRecordSet{
			Name: aws.String(name), Type: types.RRTypeTxt, TTL: aws.Int64(1), ResourceRecords: []types.ResourceRecord{{Value: aws.String(`"` + value + `"`)}},
		}}}},
	})
	return err
}

// codeOf is AWS's code of an error; empty is success.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	var refused smithy.APIError
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("not an error of the API: %v", err)
	}
	if err == nil {
		return ""
	}
	return refused.ErrorCode()
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	w := NewWorld()
	good, other := w.user("web"), w.user("other")
	for name, c := range map[string]struct {
		user User
		code string
	}{
		"its own key":      {good, ""},
		"another's secret": {User{good.AccessKeyID, other.SecretAccessKey}, "SignatureDoesNotMatch"},
		"nobody's ID":      {User{"AKIAIOSFODNN7EXAMPLE", good.SecretAccessKey}, "InvalidClientTokenId"},
	} {
		if got := codeOf(t, listZones(t, client(t, w, c.user))); got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
	recorder := httptest.NewRecorder()
	w.ServeRoute53(recorder, httptest.NewRequest(http.MethodGet, "/2013-04-01/hostedzonesbyname", nil))
	if recorder.Code != http.StatusForbidden || !strings.Contains(recorder.Body.String(), "MissingAuthenticationToken") {
		t.Errorf("unsigned: %d %s", recorder.Code, recorder.Body)
	}
}

func TestDenialsAreOfOneUser(t *testing.T) {
	t.Parallel()
	w := NewWorld()
	web, other := client(t, w, w.user("web")), client(t, w, w.user("other"))
	policy := url.Values{"user": {"web"}, "action": {"route53:ChangeResourceRecordSets"}}
	if code := post(t, w, "/deny", policy); code != http.StatusOK {
		t.Fatalf("deny: %d", code)
	}
	err := changeTXT(t, web, types.ChangeActionUpsert, "Z0EXAMPLE", "_acme-challenge.web.example.test", "a")
	const want = "User: arn:aws:iam::123456789012:user/web is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/Z0EXAMPLE because"
	if got := codeOf(t, err); got != "AccessDenied" || !strings.Contains(err.Error(), want) {
		t.Errorf("%q: %v", got, err)
	}
	if err := listZones(t, web); err != nil {
		t.Errorf("another action: %v", err)
	}
	if err := changeTXT(t, other, types.ChangeActionUpsert, "Z0EXAMPLE", "_acme-challenge.web.example.test", "a"); err != nil {
		t.Errorf("another user: %v", err)
	}
	post(t, w, "/allow", policy)
	if err := changeTXT(t, web, types.ChangeActionUpsert, "Z0EXAMPLE", "_acme-challenge.web.example.test", "a"); err != nil {
		t.Errorf("allowed: %v", err)
	}
	if code := post(t, w, "/deny", url.Values{"user": {"nobody"}}); code != http.StatusNotFound {
		t.Errorf("deny to nobody: %d", code)
	}
}

func TestRecordsAreInZones(t *testing.T) {
	t.Parallel()
	w := NewWorld()
	post(t, w, "/zone", url.Values{"name": {"sub.example.test"}, "id": {"Z1SUB"}})
	c := client(t, w, w.user("web"))
	for name, one := range map[string]struct{ zone, record, code string }{
		"in its zone":     {"Z1SUB", "_acme-challenge.sub.example.test", ""},
		"in another zone": {"Z1SUB", "_acme-challenge.example.test", "InvalidChangeBatch"},
		"in no zone":      {"Z9", "_acme-challenge.example.test", "NoSuchHostedZone"},
	} {
		if got := codeOf(t, changeTXT(t, c, types.ChangeActionUpsert, one.zone, one.record, "a")); got != one.code {
			t.Errorf("%s: %q, want %q", name, got, one.code)
		}
	}
	if zone, _ := w.zoneOf("_acme-challenge.sub.example.test."); zone != "sub.example.test." {
		t.Errorf("the longest zone counts, not %q", zone)
	}
}

func TestZoneOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := NewWorld()
	post(t, w, "/zone", url.Values{"name": {"example.org"}})
	zones, err := client(t, w, w.user("web")).ListHostedZonesByName(t.Context(), &route53.ListHostedZonesByNameInput{})
	if err != nil || len(zones.HostedZones) != 1 || *zones.HostedZones[0].Name != "example.test." {
		t.Errorf("%v: %v, want example.test. alone", err, zones)
	}
	if zone, ok := w.zoneOf("web.example.org."); !ok || zone != "example.org." {
		t.Errorf("DNS does not have it: %q", zone)
	}
}

func TestDNS(t *testing.T) {
	t.Parallel()
	w := NewWorld()
	server, err := w.StartDNS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, w, w.user("web"))
	const record = "_acme-challenge.web.example.test."
	for _, value := range []string{"apex", "wildcard"} {
		if err := changeTXT(t, c, types.ChangeActionUpsert, "Z0EXAMPLE", record, value); err != nil {
			t.Fatal(err)
		}
	}
	if got := txt(t, server, record); !slices.Equal(got, []string{"apex", "wildcard"}) {
		t.Errorf("two values: %v", got)
	}
	if err := changeTXT(t, c, types.ChangeActionDelete, "Z0EXAMPLE", record, "apex"); err != nil {
		t.Fatal(err)
	}
	if got := txt(t, server, record); !slices.Equal(got, []string{"wildcard"}) {
		t.Errorf("one is left: %v", got)
	}
	for name, one := range map[string]struct {
		name  string
		kind  uint16
		rcode int
		soa   bool // among the answers
	}{
		"the zone":      {"example.test.", dns.TypeSOA, dns.RcodeSuccess, true},
		"below it":      {"web.example.test.", dns.TypeSOA, dns.RcodeNameError, false},
		"another zone":  {"example.com.", dns.TypeSOA, dns.RcodeNameError, false},
		"another kind":  {record, dns.TypeCAA, dns.RcodeSuccess, false},
		"capital names": {"EXAMPLE.test.", dns.TypeSOA, dns.RcodeSuccess, true},
	} {
		for _, network := range []string{"udp", "tcp"} {
			answer := ask(t, network, server, one.name, one.kind)
			if answer.Rcode != one.rcode || one.soa != (len(answer.Answer) == 1) {
				t.Errorf("%s, %s: %v", name, network, answer)
			}
		}
	}
}

func ask(t *testing.T, network, server, name string, kind uint16) *dns.Msg {
	t.Helper()
	answer, _, err := (&dns.Client{Net: network}).Exchange(new(dns.Msg).SetQuestion(name, kind), server)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func txt(t *testing.T, server, name string) []string {
	t.Helper()
	var values []string
	for _, one := range ask(t, "tcp", server, name, dns.TypeTXT).Answer {
		values = append(values, one.(*dns.TXT).Txt...)
	}
	return values
}
