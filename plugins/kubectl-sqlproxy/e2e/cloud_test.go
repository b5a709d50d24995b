//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// The images that `make e2e-images` loads.
const (
	proxyV2  = "kubechores.local/cloud-sql-proxy:2.25.3"
	proxyV1  = "kubechores.local/gce-proxy:1.37.6"
	postgres = "kubechores.local/postgres:dev"
	mariadb  = "kubechores.local/mariadb:dev"
	sqlcloud = "kubechores.local/sqlcloud:dev"
	sqlload  = "kubechores.local/sqlload:scratch"
)

// What the databases have: one user, one password, one database. The PostgreSQL has
// also a user "probe", without a password.
const (
	user     = "app"
	password = "shop-e2e-password"
	orders   = "shop:europe-west1:orders" // the PostgreSQL
	stock    = "shop:europe-west1:stock"  // the MariaDB
)

// cloud is Google's side, in a namespace of its own, for all tests of the package.
type cloud struct {
	namespace string
	api       string // address and port of the Admin API
}

// endpoint is where the proxy finds the Admin API.
func (c *cloud) endpoint() string { return "http://" + c.api }

// tokens is where a service account's key gets tokens.
func (c *cloud) tokens() string { return c.endpoint() + "/token" }

var cloudNamespace = fmt.Sprintf("sqlproxy-cloud-%x", time.Now().UnixNano()&0xffffffff)

// startCloud makes it when the first test needs it.
var startCloud = sync.OnceValues(func() (*cloud, error) {
	c := &cloud{namespace: cloudNamespace}
	node, err := firstNode()
	if err != nil {
		return nil, err
	}
	if _, err := kubectl("", "create", "namespace", c.namespace); err != nil {
		return nil, err
	}
	if _, err := kubectl("", "wait", "--for=create", "serviceaccount/default", "-n", c.namespace, "--timeout=180s"); err != nil {
		return nil, err
	}
	if err := c.apply(node, services, databases); err != nil {
		return nil, err
	}
	// sqlcloud is told ClusterIPs, as there is no DNS.
	if err := c.apply(node, c.fill(google)); err != nil {
		return nil, err
	}
	if _, err := kubectl("", "wait", "--for=condition=Ready", "pod", "--all", "-n", c.namespace, "--timeout=300s"); err != nil {
		logs, _ := kubectl("", "logs", "-n", c.namespace, "-l", "cloud", "--tail=20", "--prefix")
		return nil, fmt.Errorf("%w\n%s", err, logs)
	}
	c.api = c.address("api") + ":8080"
	return c, nil
})

// endCloud deletes it.
func endCloud() error {
	if realcluster.Kubeconfig() == "" {
		return nil // no test has run
	}
	_, err := kubectl("", "delete", "namespace", cloudNamespace, "--ignore-not-found", "--wait=false")
	return err
}

// firstNode is where all of it runs, so that tests may drain the others. The nodes that other
// tests simulate have taints.
func firstNode() (string, error) {
	out, err := kubectl("", "get", "nodes", "-o", "json")
	if err != nil {
		return "", err
	}
	var list corev1.NodeList
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return "", err
	}
	for _, node := range list.Items {
		if len(node.Spec.Taints) == 0 {
			return node.Name, nil
		}
	}
	return "", errors.New("there is no node without taints")
}

// kubectl runs kubectl as the administrator.
func kubectl(stdin string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", append([]string{"--kubeconfig", realcluster.Kubeconfig()}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out), err
}

func (c *cloud) apply(node string, documents ...string) error {
	text := strings.NewReplacer("$node", node, "$postgres", postgres, "$mariadb", mariadb, "$sqlcloud", sqlcloud,
		"$user", user, "$password", password, "$orders", orders, "$stock", stock).Replace(strings.Join(documents, "\n---\n"))
	_, err := kubectl(text, "create", "-n", c.namespace, "-f", "-")
	return err
}

// fill replaces IP(NAME) by the ClusterIP of a Service.
func (c *cloud) fill(text string) string {
	for _, name := range []string{"postgres", "mariadb", "orders", "stock"} {
		text = strings.ReplaceAll(text, "IP("+name+")", c.address(name))
	}
	return text
}

// address is the ClusterIP of a Service; empty when there is none, which shows in what
// is made with it.
func (c *cloud) address(service string) string {
	out, err := kubectl("", "get", "service", service, "-n", c.namespace, "-o", "json")
	var read struct{ Spec struct{ ClusterIP string } }
	if err != nil || json.Unmarshal([]byte(out), &read) != nil {
		return ""
	}
	return read.Spec.ClusterIP
}

// services: the proxy dials port 3307 of whatever address the API names, so each
// instance has an address of its own.
const services = `
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {cloud: postgres}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: mariadb}
spec: {selector: {cloud: mariadb}, ports: [{port: 3306}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders}
spec: {selector: {cloud: google}, ports: [{port: 3307, targetPort: 13307}]}
---
apiVersion: v1
kind: Service
metadata: {name: stock}
spec: {selector: {cloud: google}, ports: [{port: 3307, targetPort: 13308}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {cloud: google}, ports: [{port: 8080}]}`

// databases make their files anew each time: they are not to outlive their pods.
const databases = `
apiVersion: v1
kind: Pod
metadata: {name: postgres, labels: {cloud: postgres}}
spec:
  nodeSelector: {kubernetes.io/hostname: $node}
  terminationGracePeriodSeconds: 1
  securityContext: {runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534}
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: postgres
    image: $postgres
    resources: {requests: {cpu: 100m}}
    volumeMounts: [{name: data, mountPath: /data}]
    readinessProbe: {exec: {command: [psql, "host=127.0.0.1 user=$user password=$password dbname=shop", -c, select 1]}, periodSeconds: 1, timeoutSeconds: 5}
    command:
    - sh
    - -ec
    - |
      echo $password >/data/password
      initdb -D /data/db -U $user --pwfile=/data/password -A scram-sha-256 --no-sync --encoding=UTF8 --locale=C
      printf 'host shop probe all trust\nhost all all all scram-sha-256\n' >>/data/db/pg_hba.conf
      printf 'create database shop\ncreate role probe login\n' | postgres --single -D /data/db postgres
      exec postgres -D /data/db -k /data -c listen_addresses='*' -c max_connections=200 -c fsync=off
---
apiVersion: v1
kind: Pod
metadata: {name: mariadb, labels: {cloud: mariadb}}
spec:
  nodeSelector: {kubernetes.io/hostname: $node}
  terminationGracePeriodSeconds: 1
  securityContext: {runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534}
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: mariadb
    image: $mariadb
    resources: {requests: {cpu: 100m}}
    volumeMounts: [{name: data, mountPath: /data}]
    readinessProbe: {exec: {command: [/usr/bin/mariadb, --no-defaults, -h127.0.0.1, -u$user, -p$password, shop, -e, select 1]}, periodSeconds: 1, timeoutSeconds: 5}
    command:
    - sh
    - -ec
    - |
      mkdir /data/db
      small='--innodb-buffer-pool-size=16M --innodb-log-file-size=4M'
      cd /usr/share/mysql
      { printf 'create database mysql;\nuse mysql;\n'; cat mysql_system_tables.sql mysql_performance_tables.sql mysql_system_tables_data.sql; } |
        mariadbd --no-defaults --bootstrap --datadir=/data/db --tmpdir=/data $small
      cat >/data/init.sql <<END
      create database shop;
      create user $user@'%' identified by '$password';
      grant all on shop.* to $user@'%';
      END
      exec mariadbd --no-defaults --datadir=/data/db --tmpdir=/data --socket=/data/socket --pid-file=/data/pid --bind-address=0.0.0.0 --init-file=/data/init.sql $small`

const google = `
apiVersion: v1
kind: Pod
metadata: {name: google, labels: {cloud: google}}
spec:
  nodeSelector: {kubernetes.io/hostname: $node}
  terminationGracePeriodSeconds: 1
  containers:
  - name: sqlcloud
    image: $sqlcloud
    resources: {requests: {cpu: 100m}}
    readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
    args:
    - -seed=e2e
    - -api=:8080
    - -instance=$orders,version=POSTGRES_15,ip=IP(orders),listen=:13307,database=IP(postgres):5432
    - -instance=$stock,version=MYSQL_8_0,ip=IP(stock),listen=:13308,database=IP(mariadb):3306`
