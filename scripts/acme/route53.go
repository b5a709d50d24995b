package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// route53 answers the three calls that cert-manager makes.
type route53 struct{ world *world }

const namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

// ServeHTTP answers one call: who asks, whether it is allowed, and then what it does.
func (s *route53) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2013-04-01/"), "/")
	action, resource := actionOf(path)
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidInput", err.Error())
		return
	}
	if code, text := authenticate(r, body); code != "" {
		refuse(w, http.StatusForbidden, code, text)
		return
	}
	if s.world.denies("route53:" + action) {
		on := ""
		if resource != "" {
			on = " on resource: arn:aws:route53:::" + resource
		}
		refuse(w, http.StatusForbidden, "AccessDenied", fmt.Sprintf(
			"User: %s is not authorized to perform: route53:%s%s because no identity-based policy allows the route53:%s action", principal, action, on, action))
		return
	}
	switch action {
	case "ListHostedZonesByName":
		s.listZones(w)
	case "GetChange":
		reply(w, change("GetChangeResponse", "INSYNC"))
	case "ChangeResourceRecordSets":
		s.changeRecords(w, body)
	default:
		refuse(w, http.StatusNotFound, "UnknownOperation", path)
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

func (s *route53) listZones(w http.ResponseWriter) {
	answer := struct {
		XMLName     xml.Name  `xml:"ListHostedZonesByNameResponse"`
		XMLNS       string    `xml:"xmlns,attr"`
		Zones       []zoneXML `xml:"HostedZones>HostedZone"`
		IsTruncated bool
		MaxItems    int
	}{XMLNS: namespace, MaxItems: 100}
	s.world.mu.Lock()
	for name, id := range s.world.zones {
		answer.Zones = append(answer.Zones, zoneXML{ID: "/hostedzone/" + id, Name: name, CallerReference: id})
	}
	s.world.mu.Unlock()
	reply(w, answer)
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

// changeRecords keeps values of one name apart, as cert-manager's multi-value records do.
func (s *route53) changeRecords(w http.ResponseWriter, body []byte) {
	var batch changeBatch
	if err := xml.Unmarshal(body, &batch); err != nil {
		refuse(w, http.StatusBadRequest, "InvalidInput", err.Error())
		return
	}
	for _, c := range batch.Changes {
		name := strings.TrimSuffix(c.Set.Name, ".") + "."
		values := s.world.values(name)
		for _, quoted := range c.Set.Values {
			value := strings.Trim(quoted, `"`)
			values = slices.DeleteFunc(values, func(v string) bool { return v == value })
			if c.Action != "DELETE" {
				values = append(values, value)
			}
		}
		s.world.set(name, values)
	}
	reply(w, change("ChangeResourceRecordSetsResponse", "PENDING"))
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

func reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "text/xml")
	if err := xml.NewEncoder(w).Encode(answer); err != nil {
		complain("Route 53: %v", err)
	}
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	type errorXML struct{ Type, Code, Message string }
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	reply(w, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		XMLNS     string   `xml:"xmlns,attr"`
		Error     errorXML
		RequestID string `xml:"RequestId"`
	}{XMLNS: namespace, Error: errorXML{"Sender", code, text}, RequestID: "00000000-0000-0000-0000-000000000000"})
}
