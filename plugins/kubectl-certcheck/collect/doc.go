// Package collect reads from a cluster what certcheck judges, into one chain.Snapshot.
// It only reads. Lists are paged, and of every object only what the snapshot keeps
// stays in memory.
//
// What may not be read, or is not served as it should be, is noted in the snapshot and
// does not end the collection.
package collect
