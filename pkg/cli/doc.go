// Package cli is what makes a plugin feel like kubectl: the root command,
// version, signals, exit codes, colour and notices. It knows nothing of what
// the plugins do.
package cli
