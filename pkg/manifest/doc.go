// Package manifest reads objects from YAML and JSON files, as people write them and as
// kubectl get -o yaml and -o json print them: several documents, streams of JSON, Lists.
// It knows what every object has (its type, its name, its place in the file), and no
// kind's own fields: those are decoded from Object.Raw, with Decode.
//
// Nothing is lost silently. What cannot be read is a Problem with its place, as small a
// part as can be: a file, a document, an item of a List; the rest is read all the same.
// What a hostile file may cost is limited, and each limit is a Problem, too. Texts of
// problems are safe to print: they quote nothing of the files.
package manifest
