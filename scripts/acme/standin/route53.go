package standin

import (
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

// ServeRoute53 answers one of the three calls that cert-manager makes: who asks,
// whether it is allowed, and then what it does.
func (w *World) ServeRoute53(to http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2013-04-01/"), "/")
	action, resource := actionOf(path)
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		refuse(to, http.StatusBadRequest, "InvalidInput", err.Error())
		return
	}
	user, code, text := w.authenticate(r, body)
	if user == nil {
		refuse(to, http.StatusForbidden, code, text)
		return
	}
	if w.denies(user, "route53:"+action) {
		on := ""
		if resource != "" {
			on = " on resource: arn:aws:route53:::" + resource
		}
		refuse(to, http.StatusForbidden, "AccessDenied", fmt.Sprintf(
			"User: %s is not authorized to perform: route53:%s%s because no identity-based policy allows the route53:%s action", user.arn(), action, on, action))
		return
	}
	switch action {
	case "ListHostedZonesByName":
		w.listZones(to)
	case "GetChange":
		reply(to, change("GetChangeResponse", "INSYNC"))
	case "ChangeResourceRecordSets":
		w.changeRecords(to, strings.TrimPrefix(resource, "hostedzone/"), body)
	default:
		refuse(to, http.StatusNotFound, "UnknownOperation", path)
	}
}

// actionOf is the action that a path stands for, and the resource that a policy would
// name; ListHostedZonesByName has none.
func actionOf(path string) (action, resource string) {
	parts := strings.Split(path, "/")
	switch {
	case path == "hostedzonesbyname":
		return "ListHostedZonesByName", ""
	case len(parts) == 2 && parts[0] == "change":
		return "GetChange", "change/" + parts[1]
	case len(parts) == 3 && parts[0] == "hostedzone" && parts[2] == "rrset":
		return "ChangeResourceRecordSets", "hostedzone/" + parts[1]
	}
	return "", ""
}

type zoneXML struct {
	ID              string `xml:"Id"`
	Name            string
	CallerReference string
	Private         bool `xml:"Config>PrivateZone"`
}

func (w *World) listZones(to http.ResponseWriter) {
	answer := struct {
		XMLName     xml.Name  `xml:"ListHostedZonesByNameResponse"`
		XMLNS       string    `xml:"xmlns,attr"`
		Zones       []zoneXML `xml:"HostedZones>HostedZone"`
		IsTruncated bool
		MaxItems    int
	}{XMLNS: namespace, MaxItems: 100}
	w.mu.Lock()
	for name, id := range w.zones {
		if id == "" {
			continue
		}
		answer.Zones = append(answer.Zones, zoneXML{ID: "/hostedzone/" + id, Name: name, CallerReference: id})
	}
	w.mu.Unlock()
	reply(to, answer)
}

type changeBatch struct {
	Changes []struct {
		Action string
		Set    struct {
			Name, Type string
			Values     []string `xml:"ResourceRecords>ResourceRecord>Value"`
		} `xml:"ResourceRecordSet"`
	} `xml:"ChangeBatch>Changes>Change"`
}

// changeRecords changes all records of a batch, or none where one of them is not in the
// zone.
func (w *World) changeRecords(to http.ResponseWriter, id string, body []byte) {
	var batch changeBatch
	if err := xml.Unmarshal(body, &batch); err != nil {
		refuse(to, http.StatusBadRequest, "InvalidInput", err.Error())
		return
	}
	zone, ok := w.zoneByID(id)
	if !ok {
		refuse(to, http.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: "+id)
		return
	}
	for _, c := range batch.Changes {
		if name := dns.Fqdn(c.Set.Name); !dns.IsSubDomain(zone, name) {
			refuse(to, http.StatusBadRequest, "InvalidChangeBatch", fmt.Sprintf("[RRSet with DNS name %s is not permitted in zone %s]", name, zone))
			return
		}
	}
	for _, c := range batch.Changes {
		var values []string
		for _, quoted := range c.Set.Values {
			values = append(values, strings.Trim(quoted, `"`))
		}
		w.change(dns.Fqdn(c.Set.Name), values, c.Action == "DELETE")
	}
	reply(to, change("ChangeResourceRecordSetsResponse", "PENDING"))
}

type changeXML struct {
	XMLName     xml.Name
	XMLNS       string `xml:"xmlns,attr"`
	ID          string `xml:"ChangeInfo>Id"`
	Status      string `xml:"ChangeInfo>Status"`
	SubmittedAt string `xml:"ChangeInfo>SubmittedAt"`
}

func change(name, status string) changeXML {
	return changeXML{xml.Name{Local: name}, namespace, "/change/C0", status, time.Now().UTC().Format(time.RFC3339)}
}

func reply(to http.ResponseWriter, answer any) {
	to.Header().Set("Content-Type", "text/xml")
	if err := xml.NewEncoder(to).Encode(answer); err != nil {
		log.Printf("Route 53: %v", err)
	}
}

func refuse(to http.ResponseWriter, status int, code, text string) {
	type errorXML struct{ Type, Code, Message string }
	to.Header().Set("Content-Type", "text/xml")
	to.WriteHeader(status)
	reply(to, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		XMLNS     string   `xml:"xmlns,attr"`
		Error     errorXML
		RequestID string `xml:"RequestId"`
	}{XMLNS: namespace, Error: errorXML{"Sender", code, text}, RequestID: "00000000-0000-0000-0000-000000000000"})
}
