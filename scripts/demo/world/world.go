// Package world is a scripted cluster with the pods of a small shop: what the
// demo shows where no real Kubernetes is at hand. Its API server is pkg/kubetest
// and speaks the real protocols; its pods are only a script that writes logs.
// Exec is played for mlogs and its log files alone, and runs nothing.
//
// In namespace shop there are web (a Deployment of 3, access log, and a file
// AuditLog), api (a Deployment of 2 with a proxy as sidecar, JSON lines), worker
// (a Deployment of 1 that crashes now and then) and migrate (a Job that has
// completed). The nodes of web and api are a preemptible pool of GKE that has been
// started all at once.
package world

import (
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	// Namespace is where the shop's pods are.
	Namespace = "shop"
	// Pool is the preemptible pool's name.
	Pool = "preempt"
)

const (
	tick   = 100 * time.Millisecond // between two looks at who has something to say
	past   = 3 * time.Minute        // how far the logs reach back
	age    = 26 * time.Hour         // of the pods, at the start
	upTime = 700 * time.Millisecond // between two pods of a rollout
	backOf = 2 * time.Second        // between a crash and the restart
)

// World is the cluster. Its methods are safe for concurrent use.
type World struct {
	server *kubetest.Server
	stop   chan struct{}
	tasks  sync.WaitGroup

	mu     sync.Mutex
	ended  bool
	random *rand.Rand
	voices []*voice
	disks  map[string]*disk // by pod; only web has files
	inodes int              // that were given

	// changes serialises Rollout: a kubetest.Deployment is for one goroutine.
	changes  sync.Mutex
	founding bool // only while Start runs
	web      *kubetest.Deployment
	worker   *voice
}

// Start starts the world on a TCP address; port 0 takes a free one.
func Start(addr string) (*World, error) {
	server, err := kubetest.Listen(addr)
	if err != nil {
		return nil, err
	}
	w := &World{server: server, stop: make(chan struct{}), random: rand.New(rand.NewPCG(7, 7)), disks: map[string]*disk{}}
	server.HandleExec(w.exec)
	w.populate()
	w.remember(time.Now())
	w.tasks.Go(w.live)
	return w, nil
}

// Close ends it; further calls do nothing.
func (w *World) Close() {
	w.mu.Lock()
	if !w.ended {
		w.ended = true
		close(w.stop)
	}
	w.mu.Unlock()
	w.tasks.Wait()
	w.server.Close()
}

// URL is the API server's address.
func (w *World) URL() string { return w.server.URL() }

// WriteKubeconfig writes a kubeconfig, readable by the owner only.
func (w *World) WriteKubeconfig(path string) error { return w.server.WriteKubeconfig(path) }

func (w *World) populate() {
	w.founding = true
	for _, node := range []string{"node-1", "node-2"} {
		w.server.Must(w.server.Create(kubetest.Node(node)))
	}
	w.addPool()
	w.web = w.server.Deployment(Namespace, "web", 3, kubetest.WithContainers("web"), w.aged, w.withDisk, w.spread())
	for _, pod := range w.web.Pods() {
		w.addWeb(pod)
	}
	api := w.server.Deployment(Namespace, "api", 2, kubetest.WithContainers("api"), kubetest.WithSidecars("proxy"), w.aged, w.spread())
	for _, pod := range api.Pods() {
		w.addVoice(pod, w.log(pod, "api"), orderLog, time.Second)
		w.addVoice(pod, w.log(pod, "proxy"), proxyLog, 3*time.Second)
	}
	worker := w.server.Deployment(Namespace, "worker", 1, kubetest.WithContainers("worker"), w.aged, kubetest.OnNode("node-2"))
	pod := worker.Pods()[0]
	w.worker = w.addVoice(pod, w.log(pod, "worker"), workerLog, 1500*time.Millisecond)
	w.migrate(w.server.Job(Namespace, "migrate", kubetest.WithContainers("migrate"), w.aged))
	w.founding = false
}

// aged makes the pods of the start old; those that a rollout brings later are
// as young as they are.
func (w *World) aged(p *corev1.Pod) {
	if w.founding {
		kubetest.Created(time.Now().Add(-age))(p)
	}
}

// migrate plays the Job, which is over when the world begins.
func (w *World) migrate(pod string) {
	log := w.log(pod, "migrate")
	at := time.Now().Add(-past)
	for i, line := range []string{"connecting to orders-db", "applied 0041_add_order_index", "applied 0042_drop_legacy_carts", "done: 2 migrations, 0 errors"} {
		log.WriteAt(at.Add(time.Duration(i)*900*time.Millisecond), line)
	}
	log.Terminate(0)
	w.server.FinishJob(Namespace, "migrate", false)
}
