package manifest

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
)

// ClientLabel marks the pods that may connect where nothing else is said.
const ClientLabel = "sqlproxy-client"

// namespaceLabel is on every namespace, with its name.
const namespaceLabel = "kubernetes.io/metadata.name"

// Client is who may connect.
type Client struct {
	// Any is everybody, and the other fields say nothing.
	Any bool
	// Pods are those with these labels; nil is all of the namespaces.
	Pods *metav1.LabelSelector
	// Namespaces are those with these labels; nil is the proxy's own.
	Namespaces *metav1.LabelSelector
}

// ParseClient reads who may connect: "app=web" are pods of the proxy's own namespace,
// "ns:team-a" all pods of a namespace, "ns:team=a" those of namespaces with a label,
// "ns:team-a:app=web" both, "ns:*:app=web" pods of all namespaces, and "any" everybody.
// Labels are written as for kubectl's --selector, with =, in and notin.
func ParseClient(text string) (Client, error) {
	if text == "any" {
		return Client{Any: true}, nil
	}
	namespaces, scoped := strings.CutPrefix(text, "ns:")
	if !scoped {
		pods, err := labelsOf(text)
		return Client{Pods: pods}, err
	}
	namespaces, pods, narrowed := strings.Cut(namespaces, ":")
	var c Client
	var err error
	switch {
	case namespaces == "*" && !narrowed:
		return Client{}, errors.New(`ns:* is everybody in the cluster: write any, or say which pods: ns:*:app=web`)
	case namespaces == "*":
		c.Namespaces = &metav1.LabelSelector{}
	case len(validation.IsDNS1123Label(namespaces)) == 0:
		c.Namespaces = &metav1.LabelSelector{MatchLabels: map[string]string{namespaceLabel: namespaces}}
	default:
		c.Namespaces, err = labelsOf(namespaces)
	}
	if narrowed && err == nil {
		c.Pods, err = labelsOf(pods)
	}
	return c, err
}

// labelsOf reads a selector that selects something by a value: a word alone, which a
// selector may be, is a namespace whose ns: is missing more often than a label's key.
func labelsOf(text string) (*metav1.LabelSelector, error) {
	selector, err := metav1.ParseToLabelSelector(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no selector of labels, as app=web is: %w", text, err)
	case len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0:
		return nil, errors.New("it selects nobody in particular: write app=web, ns:NAMESPACE or any")
	}
	for _, e := range selector.MatchExpressions {
		if e.Operator == metav1.LabelSelectorOpExists {
			return nil, fmt.Errorf("%q says no value: write %s=VALUE for a label, ns:%s for a namespace", text, e.Key, e.Key)
		}
	}
	return selector, nil
}

// peer is the client in a policy.
func (c Client) peer() netpolicy.Peer {
	return netpolicy.Peer{PodSelector: c.Pods, NamespaceSelector: c.Namespaces}
}
