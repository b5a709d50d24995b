package recreate

import "os/exec"

// ownGroup leaves the command as it is: it ends alone, and its children by themselves.
func ownGroup(*exec.Cmd) {}
