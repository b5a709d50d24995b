// Package clitest is what the tests of all plugins' command lines have in common. It is for
// tests only: no binary links it.
package clitest
