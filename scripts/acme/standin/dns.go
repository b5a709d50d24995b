package standin

import (
	"context"
	"log"
	"net"
	"strings"

	"github.com/miekg/dns"
)

// StartDNS answers for the zones until ctx ends, over UDP and TCP on one free port, as
// cert-manager asks by UDP and Pebble by TCP. It returns HOST:PORT.
func (w *World) StartDNS(ctx context.Context) (string, error) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		return "", err
	}
	for _, server := range []*dns.Server{{Listener: tcp, Handler: w}, {PacketConn: udp, Handler: w}} {
		go func() {
			if err := server.ActivateAndServe(); err != nil && ctx.Err() == nil {
				log.Printf("DNS: %v", err)
			}
		}()
		context.AfterFunc(ctx, func() { _ = server.Shutdown() })
	}
	return tcp.Addr().String(), nil
}

// ServeDNS answers one question.
func (w *World) ServeDNS(to dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg)
	answer.SetReply(question)
	answer.Authoritative, answer.RecursionAvailable = true, true
	for _, q := range question.Question {
		w.answer(answer, q)
	}
	if err := to.WriteMsg(answer); err != nil {
		log.Printf("DNS: %v", err)
	}
}

func (w *World) answer(answer *dns.Msg, q dns.Question) {
	name := strings.ToLower(q.Name)
	zone, ok := w.zoneOf(name)
	if !ok {
		answer.Rcode = dns.RcodeNameError
		return
	}
	head := func(name string, kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 1}
	}
	soa := &dns.SOA{Hdr: head(zone, dns.TypeSOA), Ns: "ns." + zone, Mbox: "hostmaster." + zone, Serial: 1, Refresh: 60, Retry: 60, Expire: 60, Minttl: 1}
	values := w.values(name)
	switch {
	case q.Qtype == dns.TypeSOA && name == zone:
		answer.Answer = append(answer.Answer, soa)
	case q.Qtype == dns.TypeNS && name == zone:
		answer.Answer = append(answer.Answer, &dns.NS{Hdr: head(zone, dns.TypeNS), Ns: "ns." + zone})
	case q.Qtype == dns.TypeTXT && len(values) > 0:
		for _, value := range values {
			answer.Answer = append(answer.Answer, &dns.TXT{Hdr: head(q.Name, dns.TypeTXT), Txt: []string{value}})
		}
	default:
		if len(values) == 0 && name != zone {
			answer.Rcode = dns.RcodeNameError
		}
		answer.Ns = append(answer.Ns, soa)
	}
}
