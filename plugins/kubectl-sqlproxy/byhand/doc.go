// Package byhand prints bash scripts that do with kubectl what the plugin does: to be
// read, reviewed, and run where the plugin is not installed.
package byhand
