package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// inotifyInstances is the host's limit of inotify instances for a user. A kubelet takes one for every log that is followed, and the usual 128
// would be used up by a hundred streams.
const inotifyInstances = "fs/inotify/max_user_instances"

// hostSettings are the settings of the host's kernel that a cluster changes: the one above on purpose, the others because every kubelet insists on
// its own values, among them a reboot after a kernel oops.
var hostSettings = []string{
	inotifyInstances,
	"vm/overcommit_memory",
	"vm/panic_on_oom",
	"kernel/panic",
	"kernel/panic_on_oops",
	"kernel/keys/root_maxkeys",
	"kernel/keys/root_maxbytes",
}

func (c *cluster) savedSettings() string { return c.path("sysctls.json") }

// changeHostSettings notes the values that the host has, for down to put them back, and raises the limit that tests run into.
func (c *cluster) changeHostSettings() error {
	saved := map[string]string{}
	for _, name := range hostSettings {
		value, err := os.ReadFile(filepath.Join("/proc/sys", name))
		if err == nil { // a kernel may be built without one of them
			saved[name] = strings.TrimSpace(string(value))
		}
	}
	if err := writeJSON(c.savedSettings(), saved); err != nil {
		return err
	}
	return setHostSetting(inotifyInstances, "8192")
}

func (c *cluster) restoreHostSettings() error {
	data, err := os.ReadFile(c.savedSettings())
	if os.IsNotExist(err) {
		return nil
	}
	var saved map[string]string
	if err := errors.Join(err, json.Unmarshal(data, &saved)); err != nil {
		return err
	}
	var failed error
	for name, value := range saved {
		failed = errors.Join(failed, setHostSetting(name, value))
	}
	return failed
}

func setHostSetting(name, value string) error {
	return os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0o644)
}
