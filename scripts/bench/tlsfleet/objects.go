package tlsfleet

import (
	"fmt"
	"maps"
	"strings"
)

const (
	certManagerV1 = "cert-manager.io/v1"
	acmeV1        = "acme.cert-manager.io/v1"
	clusterIssuer = "letsencrypt"
)

func annotations(more object) object { return object{"annotations": more} }

// system is what there is once: cert-manager, its issuer and credentials, and the pods
// and the Service of Istio's gateway.
func (f *fleet) system() {
	image := "cert-manager-controller:v1.18.2"
	f.add("apps/v1", "Deployment", certManager, certManager, nil, object{"spec": object{"replicas": 1, "template": object{"spec": object{"containers": []any{
		object{"name": "controller", "image": image, "args": []any{"--cluster-resource-namespace=$(POD_NAMESPACE)"}}}}}},
		"status": object{"readyReplicas": 1}})
	f.issuer("ClusterIssuer", "", certManager, clusterIssuer)
	for i := range namespaces {
		f.issuer("Issuer", team(i), team(i), "own")
	}
	labels := object{"istio": "ingressgateway", "app": "istio-ingressgateway"}
	f.add("v1", "Service", istioSystem, "istio-ingressgateway", nil, object{
		"spec":   object{"type": "LoadBalancer", "selector": labels, "ports": []any{object{"name": "https", "port": 443, "targetPort": 8443}}},
		"status": object{"loadBalancer": object{"ingress": []any{object{"ip": "192.0.2.1"}}}}})
	for i := range routers {
		f.add("v1", "Pod", istioSystem, fmt.Sprintf("istio-ingressgateway-%d", i), object{"labels": labels}, object{
			"spec":   object{"serviceAccountName": "istio-ingressgateway", "containers": []any{container("istio-proxy", "istio/proxyv2:1.27.1", nil)}},
			"status": running("istio-proxy")})
	}
}

func (f *fleet) issuer(kind, namespace, credentials, name string) {
	key := func(key string) object { return object{"name": "route53", "key": key} }
	f.add(certManagerV1, kind, namespace, name, nil, object{
		"spec": object{"acme": object{"server": "https://acme-v02.api.letsencrypt.org/directory", "email": "ops@example.com",
			"privateKeySecretRef": object{"name": "account"},
			"solvers": []any{object{"dns01": object{"route53": object{"region": "eu-central-1", "hostedZoneID": "Z0123456789ABCDEFGHIJ",
				"accessKeyIDSecretRef": key("id"), "secretAccessKeySecretRef": key("secret")}}}}}},
		"status": object{"acme": object{"uri": "https://acme-v02.api.letsencrypt.org/acme/acct/1"}, "conditions": []any{condition("Ready", "True", "ACMEAccountRegistered", "")}}})
	f.add("v1", "Secret", credentials, "route53", nil, object{"type": "Opaque", "data": object{
		"id": []byte("AKIA" + strings.Repeat("A", 16)), "secret": []byte(strings.Repeat("b", 40))}})
	f.add("v1", "Secret", credentials, "account", nil, object{"type": "Opaque", "data": object{"tls.key": f.keys[0].text}})
}

// secret is Secret i with a certificate of its own. It tells the Certificate that it
// was issued for, if there is one.
func (f *fleet) secret(i int) {
	from, until := f.span(i)
	certificates, private, err := f.pair(host(i), from, until)
	if err != nil {
		f.err = err
		return
	}
	if bad(i, 5) && i < f.Gateways {
		return // a Gateway with none
	}
	var metadata object
	if i < f.Certificates {
		metadata = annotations(object{"cert-manager.io/certificate-name": certificateName(i), "cert-manager.io/common-name": host(i), "cert-manager.io/alt-names": host(i),
			"cert-manager.io/issuer-name": clusterIssuer, "cert-manager.io/issuer-kind": "ClusterIssuer", "cert-manager.io/issuer-group": "cert-manager.io"})
	}
	f.add("v1", "Secret", f.secretNamespace(i), secretName(i), metadata, object{"type": "kubernetes.io/tls", "data": object{"tls.crt": certificates, "tls.key": private}})
}

func certificateName(i int) string { return fmt.Sprintf("service-%05d", i) }

// certificate is the Certificate of Secret i, its request and its order. One in 20 has
// an order that failed.
func (f *fleet) certificate(i int) {
	namespace, name := f.secretNamespace(i), certificateName(i)
	from, until := f.span(i)
	ref := object{"name": clusterIssuer, "kind": "ClusterIssuer", "group": "cert-manager.io"}
	if i%4 == 3 && namespace != istioSystem {
		ref = object{"name": "own", "kind": "Issuer", "group": "cert-manager.io"}
	}
	ready, state, reason := condition("Ready", "True", "Ready", "Certificate is up to date and has not expired"), "valid", ""
	requested := condition("Ready", "True", "Issued", "Certificate fetched from issuer successfully")
	revision, failed := 1, bad(i, 3)
	if failed {
		ready = condition("Ready", "False", "Expired", "Certificate expired on "+stamp(until))
		state, reason, revision = "invalid", "acme: authorization error for "+host(i), 2
		requested = condition("Ready", "False", "Failed", "Failed to wait for order resource to become ready: order is in \"invalid\" state")
	}
	f.add(certManagerV1, "Certificate", namespace, name, object{"uid": uid("c0000000", i), "generation": 1}, object{
		"spec": object{"secretName": secretName(i), "dnsNames": []any{host(i)}, "issuerRef": ref, "privateKey": object{"rotationPolicy": "Always"}},
		"status": object{"revision": 1, "notBefore": stamp(from), "notAfter": stamp(until), "renewalTime": stamp(until.Add(-lifetime / 3)),
			"conditions": []any{ready}}})
	request := fmt.Sprintf("%s-%d", name, revision)
	status := object{"conditions": []any{condition("Approved", "True", "cert-manager.io", "Certificate request has been approved by cert-manager.io"), requested}}
	if failed {
		status["failureTime"] = stamp(f.now.Add(-day))
		f.event(i, "Certificate", namespace, name, uid("c0000000", i), "Failed", "The certificate request has failed to complete and will be retried")
	} else {
		status["certificate"] = f.intermediate
	}
	f.add(certManagerV1, "CertificateRequest", namespace, request, object{
		"uid": uid("d0000000", i), "ownerReferences": owner(certManagerV1, "Certificate", name, uid("c0000000", i)),
		"annotations": object{"cert-manager.io/certificate-name": name, "cert-manager.io/certificate-revision": fmt.Sprint(revision)},
	}, object{"spec": object{"issuerRef": ref, "request": f.keys[0].text[:200], "usages": []any{"digital signature", "key encipherment"}}, "status": status})
	f.add(acmeV1, "Order", namespace, request+"-1234567", object{"ownerReferences": owner(certManagerV1, "CertificateRequest", request, uid("d0000000", i))}, object{
		"spec":   object{"issuerRef": ref, "commonName": host(i), "dnsNames": []any{host(i)}, "request": f.intermediate},
		"status": object{"state": state, "reason": reason, "url": fmt.Sprintf("https://acme-v02.api.letsencrypt.org/acme/order/1/%d", i)}})
}

func (f *fleet) event(i int, kind, namespace, name, id, reason, message string) {
	f.add("v1", "Event", namespace, fmt.Sprintf("%s.%x", name, i), nil, object{
		"involvedObject": object{"apiVersion": certManagerV1, "kind": kind, "namespace": namespace, "name": name, "uid": id},
		"type":           "Warning", "reason": reason, "message": message, "count": 3, "lastTimestamp": stamp(f.now.Add(-day))})
}

// gateway has two servers: one takes Secret i, another that of its neighbour for the
// neighbour's host, as happens with copies.
func (f *fleet) gateway(i int) {
	server := func(name string, of int, more ...any) object {
		return object{"port": object{"number": 443, "name": name, "protocol": "HTTPS"}, "hosts": append([]any{host(of)}, more...),
			"tls": object{"mode": "SIMPLE", "credentialName": secretName(of)}}
	}
	servers := []any{server("https", i)}
	if bad(i, 7) && i+1 < f.Gateways {
		servers = append(servers, server("https-copy", i+1))
	}
	servers = append(servers, object{"port": object{"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": []any{host(i)}, "tls": object{"httpsRedirect": true}})
	f.add("networking.istio.io/v1", "Gateway", team(i), certificateName(i), nil, object{"spec": object{"selector": object{"istio": "ingressgateway"}, "servers": servers}})
	f.add("networking.istio.io/v1", "VirtualService", team(i), certificateName(i), nil, object{"spec": object{"hosts": []any{host(i)}, "gateways": []any{certificateName(i)}}})
}

// ingress takes a Secret after those of the Gateways.
func (f *fleet) ingress(i int) {
	of := f.Gateways + i
	names := []any{host(of)}
	if bad(i, 9) {
		names = append(names, "more."+host(of)) // which the certificate is not for
	}
	f.add("networking.k8s.io/v1", "Ingress", f.secretNamespace(of), certificateName(of), nil, object{
		"spec":   object{"ingressClassName": "nginx", "tls": []any{object{"hosts": names, "secretName": secretName(of)}}, "rules": []any{object{"host": host(of)}}},
		"status": object{"loadBalancer": object{"ingress": []any{object{"ip": "192.0.2.2"}}}}})
}

// pod is one of a Deployment with a Service, every other of which mounts a Secret.
func (f *fleet) pod(i int) {
	of := f.Gateways + f.Ingresses + i/replicas
	namespace, app := team(of), fmt.Sprintf("app-%05d", i/replicas)
	if i%replicas == 0 {
		f.deployment(namespace, app)
	}
	var mounts []any
	volumes := []any{object{"name": "tmp", "emptyDir": object{}}, object{"name": "token", "projected": object{"sources": []any{object{"serviceAccountToken": object{"path": "token"}}}}}}
	if (i/replicas)%2 == 0 && of < f.Secrets {
		volumes = append(volumes, object{"name": "tls", "secret": object{"secretName": secretName(of)}})
		mounts = append(mounts, object{"name": "tls", "mountPath": "/tls"})
	}
	set := app + "-7d4b9c6f5d"
	f.add("v1", "Pod", namespace, fmt.Sprintf("%s-%05d", set, i), object{"uid": uid("e0000000", i),
		"labels":          object{"app": app, "pod-template-hash": "7d4b9c6f5d", "app.kubernetes.io/name": app, "app.kubernetes.io/version": "1.2.3"},
		"ownerReferences": owner("apps/v1", "ReplicaSet", set, uid("f0000000", i/replicas))},
		object{"spec": object{"volumes": volumes, "nodeName": "node-1", "containers": []any{
			container("app", app+":1.2.3", mounts), container("istio-proxy", "istio/proxyv2:1.27.1", nil)}},
			"status": running("app", "istio-proxy")})
}

func (f *fleet) deployment(namespace, app string) {
	labels := object{"app": app}
	f.add("v1", "Service", namespace, app, nil, object{
		"spec": object{"type": "ClusterIP", "selector": labels, "ports": []any{object{"name": "http", "port": 80, "targetPort": 8080}}}})
	f.add("apps/v1", "Deployment", namespace, app, nil, object{
		"spec": object{"replicas": replicas, "selector": object{"matchLabels": labels}, "template": object{"metadata": object{"labels": labels},
			"spec": object{"containers": []any{container("app", app+":1.2.3", nil)}}}},
		"status": object{"readyReplicas": replicas}})
}

func container(name, image string, mounts []any) object {
	var env []any
	for i := range 10 {
		env = append(env, object{"name": fmt.Sprintf("SETTING_%d", i), "value": strings.Repeat("x", 20)})
	}
	return object{"name": name, "image": image, "env": env, "ports": []any{object{"containerPort": 8080, "protocol": "TCP"}},
		"resources": object{"requests": object{"cpu": "100m", "memory": "128Mi"}}, "volumeMounts": append(mounts, object{"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"})}
}

func running(containers ...string) object {
	const started = "2026-01-02T03:04:05Z"
	var states []any
	for _, name := range containers {
		states = append(states, object{"name": name, "ready": true, "state": object{"running": object{"startedAt": started}}})
	}
	return object{"phase": "Running", "podIP": "10.0.0.1", "startTime": started, "conditions": []any{condition("Ready", "True", "", "")}, "containerStatuses": states}
}

func condition(kind, status, reason, message string) object {
	c := object{"type": kind, "status": status, "lastTransitionTime": "2026-01-02T03:04:05Z"}
	maps.Copy(c, object{"reason": reason, "message": message})
	return c
}

func owner(apiVersion, kind, name, id string) []any {
	return []any{object{"apiVersion": apiVersion, "kind": kind, "name": name, "uid": id, "controller": true}}
}
