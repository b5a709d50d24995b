// Package byhand prints bash scripts that do with kubectl what the plugin does: to be
// read, and to be run where the plugin is not installed.
package byhand
