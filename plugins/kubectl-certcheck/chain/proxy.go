package chain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Proxy returns the container of a pod that is Istio's Envoy, by its image; nil if there
// is none. Charts of 2018 do not name it istio-proxy.
func (p *Pod) Proxy() *Container {
	for i := range p.Containers {
		if name, _ := imageName(p.Containers[i].Image); name == "proxyv2" || name == "proxy" {
			return &p.Containers[i]
		}
	}
	return nil
}

// Router reports whether the pod is a gateway of Istio's, and not one with a sidecar.
func (p *Pod) Router() bool {
	proxy := p.Proxy()
	return proxy != nil && slices.Contains(proxy.Args, "router")
}

// IstioVersion returns major and minor of the proxy's version by the tag of its image;
// ok says whether it tells.
func (p *Pod) IstioVersion() (major, minor int, ok bool) {
	proxy := p.Proxy()
	if proxy == nil {
		return 0, 0, false
	}
	return imageVersion(proxy.Image)
}

// ProxyStarted is since when the proxy runs: whatever it reads once, it read then.
// Zero is not known.
func (p *Pod) ProxyStarted() time.Time {
	if proxy := p.Proxy(); proxy != nil && !proxy.Started.IsZero() {
		return proxy.Started
	}
	return p.Started
}

// imageName returns the last part of an image's name, without the registry, and its tag.
func imageName(image string) (name, tag string) {
	path, _, _ := strings.Cut(image, "@")
	name, tag, _ = strings.Cut(path[strings.LastIndexByte(path, '/')+1:], ":")
	return name, tag
}

// imageVersion returns major and minor of a tag like v1.21.2; ok says whether it is one.
func imageVersion(image string) (major, minor int, ok bool) {
	_, tag := imageName(image)
	first, rest, _ := strings.Cut(strings.TrimPrefix(tag, "v"), ".")
	second, _, _ := strings.Cut(rest, ".")
	second, _, _ = strings.Cut(second, "-")
	major, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false
	}
	minor, err = strconv.Atoi(second)
	return major, minor, err == nil
}
