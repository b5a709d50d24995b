// Package finding says what a check found: a Report of Findings about objects,
// each with its evidence, cause and fix, printed as a table, a tree, JSON, YAML,
// JUnit XML or Prometheus text. It knows neither clusters nor the command line:
// rooms that hold rules import it, and commands print what they return.
//
// What is promised to scripts: the ids of findings, the words of Severity, and
// the fields of JSON and YAML under their apiVersion.
package finding
