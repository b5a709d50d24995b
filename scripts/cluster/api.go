package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// client asks the API server and the components as an administrator. It is plain HTTP and not client-go so that this program compiles in seconds.
func (c *cluster) client() (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.path("pki", "admin.crt"), c.path("pki", "admin.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.path("pki", "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{
		Timeout: 5 * time.Second,
		// Proxy stays nil: the addresses are on this host.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}, DisableKeepAlives: true},
	}, nil
}

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, resp.Status, lastLines(string(body), 5))
	}
	return body, err
}

const apiServer = "https://" + controlPlaneIP + ":6443"

// answers asks a component whether it is healthy.
func (c *cluster) answers(ctx context.Context, client *http.Client, p component) error {
	var url string
	switch p.Name {
	case "etcd":
		return nil // the API server's readyz asks it
	case "containerd":
		return dial("unix", c.containerdSocket(p.Node))
	case "kube-apiserver":
		url = apiServer + "/readyz"
	case "kube-controller-manager":
		url = "https://" + controlPlaneIP + ":10257/healthz"
	case "kube-scheduler":
		url = "https://" + controlPlaneIP + ":10259/healthz"
	case kwokName:
		url = "http://" + kwokAddress + "/healthz"
	case "kubelet", "kube-proxy":
		n, err := c.nodeOf(p.Node)
		if err != nil {
			return err
		}
		url = "http://" + nodeIP(n) + ":10256/healthz"
		if p.Name == "kubelet" {
			url = "http://" + nodeIP(n) + ":10248/healthz"
			// The port of logs and exec opens a moment later.
			if err := dial("tcp", nodeIP(n)+":10250"); err != nil {
				return err
			}
		}
	}
	_, err := get(ctx, client, url)
	return err
}

func dial(network, address string) error {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// nodeList is what of a list of nodes is of interest here.
type nodeList struct {
	Items []struct {
		Metadata struct{ Name string }
		Status   struct {
			Conditions []struct{ Type, Status, Reason, Message string }
		}
	}
}

// notReadyError tells which nodes are not Ready, and why.
type notReadyError struct{ nodes, reasons []string }

func (e *notReadyError) Error() string {
	var text []string
	for i, node := range e.nodes {
		text = append(text, fmt.Sprintf("%s is not Ready (%s)", node, e.reasons[i]))
	}
	return strings.Join(text, "; ")
}

// allReady checks that node1 up to the wanted number are Ready. Other nodes are somebody else's: tests make them.
func (l nodeList) allReady(wanted int) error {
	e := new(notReadyError)
	for n := 1; n <= wanted; n++ {
		if reason := l.notReady(nodeName(n)); reason != "" {
			e.nodes = append(e.nodes, nodeName(n))
			e.reasons = append(e.reasons, reason)
		}
	}
	if len(e.nodes) > 0 {
		return e
	}
	return nil
}

// notReady gives the reason why a node is not Ready, nothing when it is.
func (l nodeList) notReady(name string) string {
	for _, node := range l.Items {
		if node.Metadata.Name != name {
			continue
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				return ""
			}
			if condition.Type == "Ready" {
				return condition.Reason + ": " + condition.Message
			}
		}
		return "no Ready condition"
	}
	return "not registered"
}

// usable checks what a pod needs beyond running components: nodes that are Ready, and the ServiceAccount that a pod gets when it names none.
func (c *cluster) usable(ctx context.Context, client *http.Client) error {
	body, err := get(ctx, client, apiServer+"/api/v1/nodes")
	if err != nil {
		return err
	}
	var nodes nodeList
	if err := json.Unmarshal(body, &nodes); err != nil {
		return err
	}
	if err := nodes.allReady(c.Nodes); err != nil {
		return err
	}
	if _, err := get(ctx, client, apiServer+"/api/v1/namespaces/default/serviceaccounts/default"); err != nil {
		return fmt.Errorf("the default ServiceAccount is not there yet: %w", err)
	}
	return nil
}

// lastLines gives the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
