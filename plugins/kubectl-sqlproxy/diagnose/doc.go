// Package diagnose says what is wrong with the proxies of a snapshot.
//
// A rule is a method of checker that looks at one matter of one proxy and adds findings.
// It knows neither the cluster nor the command line, and takes the time as given. The ids
// are a stable contract; each has an entry in the catalogue of its family, a fixture of
// real objects in testdata, and a golden output.
//
// Every finding says which part it plays: whether it keeps clients from being served,
// follows from such a thing, or stands by itself. From that, ranking finds the one root
// cause of each proxy.
package diagnose
