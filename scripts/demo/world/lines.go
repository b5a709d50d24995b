package world

import (
	"fmt"
	"math/rand/v2"
)

// lineFunc makes line number n of a container's log.
type lineFunc func(random *rand.Rand, n int) string

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// accessLog is a web server's: mostly fine, now and then a 502 that the ERROR
// lines of the api explain.
func accessLog(random *rand.Rand, n int) string {
	path := pick(random, "/", "/cart", "/checkout", "/products/17", "/products/42", "/static/app.js")
	status := 200
	if n%9 == 0 {
		path, status = "/checkout", 502
	}
	return fmt.Sprintf(`10.8.%d.%d "GET %s HTTP/1.1" %d %d %dms`, random.IntN(4), 2+random.IntN(250), path, status, 300+random.IntN(9000), 2+random.IntN(90))
}

// auditLog is what a web server's users do, in a file of its own.
func auditLog(random *rand.Rand, n int) string {
	user, action := pick(random, "anna", "bela", "chidi", "dara"), pick(random, "login", "order", "cancel", "refund")
	return fmt.Sprintf("user=%s action=%s order=%d", user, action, 7000+n)
}

// orderLog is an application's, in JSON.
func orderLog(random *rand.Rand, n int) string {
	order := 7000 + n
	if n%6 == 0 {
		return fmt.Sprintf(`{"level":"ERROR","msg":"payment gateway timed out","order":%d,"after":"3s"}`, order)
	}
	return fmt.Sprintf(`{"level":"INFO","msg":"%s","order":%d,"items":%d}`, pick(random, "order placed", "order paid", "cart updated"), order, 1+random.IntN(5))
}

// proxyLog is a sidecar's.
func proxyLog(random *rand.Rand, _ int) string {
	return fmt.Sprintf("upstream orders-db healthy, %d connections, p99 %dms", 4+random.IntN(12), 3+random.IntN(20))
}

// workerLog is that of a queue's consumer.
func workerLog(random *rand.Rand, n int) string {
	return fmt.Sprintf("%s task=%d attempt=%d", pick(random, "resized image", "sent mail", "indexed product"), 300+n, 1+random.IntN(2))
}

// lastWords is what the worker says as it crashes.
func lastWords() []string {
	return []string{
		"FATAL out of file handles, giving up",
		"goroutine 1 [running]:",
		"main.(*queue).take(0x0, 0x12c)",
		"\t/src/worker/queue.go:87 +0x1d",
	}
}
