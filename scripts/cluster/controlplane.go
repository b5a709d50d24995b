package main

import "os"

// controlPlane lists etcd, the API server, the controller manager and the scheduler. All of them live in the hub, and all but the API server
// answer only there.
func (c *cluster) controlPlane() []component {
	in := func(name string, args ...string) component {
		return component{Name: name, NetNS: c.netns(hub), Args: append([]string{c.bin(name)}, args...)}
	}
	pki := func(name string) string { return c.path("pki", name) }
	return []component{
		in("etcd",
			"--name=etcd",
			"--data-dir="+c.path("etcd"),
			"--listen-client-urls=http://127.0.0.1:2379",
			"--advertise-client-urls=http://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:2380",
			"--initial-advertise-peer-urls=http://127.0.0.1:2380",
			"--initial-cluster=etcd=http://127.0.0.1:2380",
			// The data are thrown away with the cluster. Not waiting for the disk makes all of it quicker.
			"--unsafe-no-fsync",
			"--log-level=warn",
		),
		in("kube-apiserver", c.apiServerFlags()...),
		in("kube-controller-manager",
			"--kubeconfig="+c.componentConfig("controller-manager"),
			"--authentication-kubeconfig="+c.componentConfig("controller-manager"),
			"--authorization-kubeconfig="+c.componentConfig("controller-manager"),
			"--use-service-account-credentials",
			"--service-account-private-key-file="+pki("service-accounts.key"),
			"--root-ca-file="+pki("ca.crt"),
			"--bind-address="+controlPlaneIP,
			"--tls-cert-file="+pki("controllers.crt"),
			"--tls-private-key-file="+pki("controllers.key"),
			// There is one of it; electing it anew after each restart would take 15 s.
			"--leader-elect=false",
			"--allocate-node-cidrs=false",
			"--flex-volume-plugin-dir="+c.path("volume-plugins"), // it makes the folder, by default in /usr
		),
		in("kube-scheduler",
			"--kubeconfig="+c.componentConfig("scheduler"),
			"--authentication-kubeconfig="+c.componentConfig("scheduler"),
			"--authorization-kubeconfig="+c.componentConfig("scheduler"),
			"--bind-address="+controlPlaneIP,
			"--tls-cert-file="+pki("controllers.crt"),
			"--tls-private-key-file="+pki("controllers.key"),
			"--leader-elect=false",
		),
	}
}

func (c *cluster) apiServerFlags() []string {
	pki := func(name string) string { return c.path("pki", name) }
	return []string{
		"--etcd-servers=http://127.0.0.1:2379",
		"--bind-address=" + controlPlaneIP,
		"--advertise-address=" + controlPlaneIP,
		"--secure-port=6443",
		"--tls-cert-file=" + pki("kube-apiserver.crt"),
		"--tls-private-key-file=" + pki("kube-apiserver.key"),
		"--client-ca-file=" + pki("ca.crt"),
		"--cert-dir=" + pki(""),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged",
		"--service-cluster-ip-range=" + serviceRange,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + pki("service-accounts.pub"),
		"--service-account-signing-key-file=" + pki("service-accounts.key"),
		// For API servers that are plugged in behind this one.
		"--requestheader-client-ca-file=" + pki("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pki("front-proxy-client.crt"),
		"--proxy-client-key-file=" + pki("front-proxy-client.key"),
		"--kubelet-certificate-authority=" + pki("ca.crt"),
		"--kubelet-client-certificate=" + pki("admin.crt"),
		"--kubelet-client-key=" + pki("admin.key"),
		"--kubelet-preferred-address-types=InternalIP",
		// No kube-proxy serves the hub: webhooks are reached at the addresses of their pods.
		"--enable-aggregator-routing",
	}
}

// etcdFolder makes etcd's folder, which etcd wants to be private.
func (c *cluster) etcdFolder() error { return os.MkdirAll(c.path("etcd"), 0o700) }
