package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// authority signs all certificates of one cluster.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

// identity is a certificate with its key, both as PEM.
type identity struct{ cert, key []byte }

// certificateLife is far longer than any test cluster lives.
const certificateLife = 365 * 24 * time.Hour

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("kubechores-test-cluster")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key: key, cert: cert, pem: pemBlock("CERTIFICATE", der)}, nil
}

func certificate(name string, groups ...string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62)) // the reader never fails
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		// An hour back: clocks that are set right during a test must not make it invalid.
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(certificateLife),
	}
}

// client issues a certificate by which the API server knows a user and the user's groups.
func (a *authority) client(user string, groups ...string) (identity, error) {
	template := certificate(user, groups...)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.sign(template)
}

// server issues a certificate for names and IP addresses.
func (a *authority) server(hosts ...string) (identity, error) {
	template := certificate(hosts[0])
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return a.sign(template)
}

func (a *authority) sign(template *x509.Certificate) (identity, error) {
	template.KeyUsage = x509.KeyUsageDigitalSignature
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return identity{}, err
	}
	keyPEM, err := privateKeyPEM(key)
	return identity{cert: pemBlock("CERTIFICATE", der), key: keyPEM}, err
}

func privateKeyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pemBlock("PRIVATE KEY", der), err
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// writePKI makes every key, certificate and kubeconfig of a new cluster.
func (c *cluster) writePKI() error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	if err := writeFile(c.path("pki", "ca.crt"), ca.pem); err != nil {
		return err
	}
	// Service account tokens are signed by a key pair of their own.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := privateKeyPEM(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writeFile(c.path("pki", "service-accounts.key"), private); err != nil {
		return err
	}
	if err := writeFile(c.path("pki", "service-accounts.pub"), pemBlock("PUBLIC KEY", public)); err != nil {
		return err
	}
	if err := c.writeFrontProxy(); err != nil {
		return err
	}
	if err := c.writeServers(ca); err != nil {
		return err
	}
	return c.writeClients(ca)
}

// writeFrontProxy makes the certificate by which API servers behind the main one know it. It has an authority of its own: whoever it signs for may
// say that it is any user.
func (c *cluster) writeFrontProxy() error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	if err := writeFile(c.path("pki", "front-proxy-ca.crt"), ca.pem); err != nil {
		return err
	}
	id, err := ca.client("front-proxy-client")
	if err != nil {
		return err
	}
	return c.writeIdentity("front-proxy-client", id)
}

// writeServers issues what the API server, the controllers and the kubelets answer with.
func (c *cluster) writeServers(ca *authority) error {
	names := map[string][]string{
		"kube-apiserver": {"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
			"localhost", "127.0.0.1", controlPlaneIP, kubernetesServiceIP},
		"controllers": {"localhost", "127.0.0.1", controlPlaneIP},
	}
	for n := 1; n <= c.Nodes; n++ {
		names[nodeName(n)] = []string{nodeName(n), nodeIP(n)}
	}
	for name, hosts := range names {
		id, err := ca.server(hosts...)
		if err != nil {
			return err
		}
		if err := c.writeIdentity(name, id); err != nil {
			return err
		}
	}
	return nil
}

// writeClients issues a kubeconfig for the administrator and for every component, with the user and group that the built-in RBAC rules know.
func (c *cluster) writeClients(ca *authority) error {
	users := map[string][2]string{
		c.kubeconfig():                            {"kubernetes-admin", "system:masters"},
		c.componentConfig("controller-manager"):   {"system:kube-controller-manager", ""},
		c.componentConfig("scheduler"):            {"system:kube-scheduler", ""},
		c.componentConfig("kube-proxy"):           {"system:kube-proxy", ""},
		c.componentConfig("apiserver-to-kubelet"): {"kube-apiserver-kubelet-client", "system:masters"},
	}
	for n := 1; n <= c.Nodes; n++ {
		users[c.componentConfig(nodeName(n))] = [2]string{"system:node:" + nodeName(n), "system:nodes"}
	}
	for path, user := range users {
		var groups []string
		if user[1] != "" {
			groups = []string{user[1]}
		}
		id, err := ca.client(user[0], groups...)
		if err != nil {
			return err
		}
		if err := writeFile(path, kubeconfigYAML(ca.pem, id, user[0])); err != nil {
			return err
		}
		// The API server takes its own client certificate from files, and so do the checks of this program.
		if user[0] == "kube-apiserver-kubelet-client" {
			if err := c.writeIdentity("admin", id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cluster) componentConfig(name string) string { return c.path("pki", name+".kubeconfig") }

func (c *cluster) writeIdentity(name string, id identity) error {
	if err := writeFile(c.path("pki", name+".crt"), id.cert); err != nil {
		return err
	}
	return writeFile(c.path("pki", name+".key"), id.key)
}

func kubeconfigYAML(ca []byte, id identity, user string) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: kubechores
contexts:
- name: kubechores
  context: {cluster: kubechores, user: %q}
clusters:
- name: kubechores
  cluster:
    server: https://%s:6443
    certificate-authority-data: %s
users:
- name: %q
  user:
    client-certificate-data: %s
    client-key-data: %s
`, user, controlPlaneIP, b64(ca), user, b64(id.cert), b64(id.key))
}
