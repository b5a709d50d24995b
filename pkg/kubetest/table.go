package kubetest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// column is one column of a table: its name, the value for an object, and
// whether only -o wide shows it.
type column struct {
	name string
	wide bool
	kind string // "string" unless told
	cell func(*object) any
}

// tableOf encodes objects as a meta.k8s.io/v1 Table. Column definitions are
// left out of all but the first of a watch's tables.
func tableOf(r *http.Request, res Resource, objects []*object, meta listMeta, definitions bool) []byte {
	type row struct {
		Cells  []any           `json:"cells"`
		Object json.RawMessage `json:"object"`
	}
	columns := columnsOf(res)
	table := struct {
		Kind              string                         `json:"kind"`
		APIVersion        string                         `json:"apiVersion"`
		Metadata          listMeta                       `json:"metadata"`
		ColumnDefinitions []metav1.TableColumnDefinition `json:"columnDefinitions"`
		Rows              []row                          `json:"rows"`
	}{"Table", "meta.k8s.io/v1", meta, nil, []row{}}
	for _, c := range columns {
		if !definitions {
			break
		}
		def := metav1.TableColumnDefinition{Name: c.name, Type: "string"}
		if c.kind != "" {
			def.Type = c.kind
		}
		if c.name == "Name" {
			def.Format = "name"
		}
		if c.wide {
			def.Priority = 1
		}
		table.ColumnDefinitions = append(table.ColumnDefinitions, def)
	}
	for _, o := range objects {
		cells := make([]any, len(columns))
		for i, c := range columns {
			cells[i] = c.cell(o)
		}
		table.Rows = append(table.Rows, row{cells, rowObject(r, o)})
	}
	return mustJSON(table)
}

// rowObject is what a row carries of its object: the metadata unless the
// client asks for all or nothing.
func rowObject(r *http.Request, o *object) json.RawMessage {
	switch r.URL.Query().Get("includeObject") {
	case "None":
		return json.RawMessage("null")
	case "Object":
		return o.json
	}
	return mustJSON(map[string]any{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o.data["metadata"]})
}

// columnsOf are kubectl's columns of a kind.
func columnsOf(r Resource) []column {
	name := column{name: "Name", cell: func(o *object) any { return o.name }}
	age := column{name: "Age", cell: func(o *object) any { return since(text(o.data, "metadata", "creationTimestamp")) }}
	counts := func(names ...string) []column {
		paths := map[string][]string{"Desired": {"spec", "replicas"}, "Current": {"status", "replicas"}, "Ready": {"status", "readyReplicas"}}
		var cs []column
		for _, n := range names {
			cs = append(cs, column{name: n, kind: "integer", cell: func(o *object) any { return number(o.data, paths[n]...) }})
		}
		return cs
	}
	var middle, wide []column
	switch r.gr().String() {
	case "pods":
		middle, wide = podColumns()
	case "nodes":
		middle, wide = nodeColumns()
	case "namespaces":
		middle = []column{stringColumn("Status", "status", "phase")}
	case "deployments.apps":
		middle = deploymentColumns()
	case "replicasets.apps":
		middle = counts("Desired", "Current", "Ready")
	case "statefulsets.apps":
		middle = []column{readyColumn()}
	case "poddisruptionbudgets.policy":
		middle = []column{
			{name: "Min Available", cell: func(o *object) any { return intOrString(o, "minAvailable") }},
			{name: "Max Unavailable", cell: func(o *object) any { return intOrString(o, "maxUnavailable") }},
			{name: "Allowed Disruptions", kind: "integer", cell: func(o *object) any { return number(o.data, "status", "disruptionsAllowed") }},
		}
	}
	if r.gr().String() == "nodes" { // the age stands before the version there
		return append(append([]column{name}, middle[0], middle[1], age), append(middle[2:], wide...)...)
	}
	return append(append(append([]column{name}, middle...), age), wide...)
}

func stringColumn(name string, path ...string) column {
	return column{name: name, cell: func(o *object) any { return orNone(text(o.data, path...)) }}
}

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}

func readyColumn() column {
	return column{name: "Ready", cell: func(o *object) any {
		return sprintf("%d/%d", number(o.data, "status", "readyReplicas"), number(o.data, "spec", "replicas"))
	}}
}

func deploymentColumns() []column {
	return []column{
		readyColumn(),
		{name: "Up-to-date", kind: "integer", cell: func(o *object) any { return number(o.data, "status", "updatedReplicas") }},
		{name: "Available", kind: "integer", cell: func(o *object) any { return number(o.data, "status", "availableReplicas") }},
	}
}

func intOrString(o *object, key string) string {
	switch v := at(o.data, "spec", key).(type) {
	case string:
		return v
	case nil:
		return "N/A"
	}
	return sprintf("%d", number(o.data, "spec", key))
}

// since is the time since a timestamp as kubectl writes ages.
func since(timestamp string) string {
	t, err := time.Parse(time.RFC3339, timestamp)
	if err != nil {
		return "<unknown>"
	}
	return duration.HumanDuration(time.Since(t))
}

func nodeColumns() (middle, wide []column) {
	middle = []column{
		{name: "Status", cell: func(o *object) any { return nodeStatus(o) }},
		{name: "Roles", cell: func(o *object) any { return nodeRoles(o) }},
		stringColumn("Version", "status", "nodeInfo", "kubeletVersion"),
	}
	wide = []column{
		{name: "Internal-IP", wide: true, cell: func(o *object) any { return nodeAddress(o, "InternalIP") }},
		{name: "External-IP", wide: true, cell: func(o *object) any { return nodeAddress(o, "ExternalIP") }},
	}
	for _, c := range []struct{ name, field string }{
		{"OS-Image", "osImage"}, {"Kernel-Version", "kernelVersion"}, {"Container-Runtime", "containerRuntimeVersion"},
	} {
		col := stringColumn(c.name, "status", "nodeInfo", c.field)
		col.wide = true
		wide = append(wide, col)
	}
	return middle, wide
}

func nodeStatus(o *object) string {
	status := "Unknown"
	conditions, _ := at(o.data, "status", "conditions").([]any)
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && text(m, "type") == "Ready" {
			status = map[string]string{"True": "Ready"}[text(m, "status")]
			if status == "" {
				status = "NotReady"
			}
		}
	}
	if at(o.data, "spec", "unschedulable") == true {
		status += ",SchedulingDisabled"
	}
	return status
}

func nodeRoles(o *object) string {
	var roles []string
	for key := range o.labels {
		if role, ok := strings.CutPrefix(key, "node-role.kubernetes.io/"); ok && role != "" {
			roles = append(roles, role)
		}
	}
	return orNone(strings.Join(sorted(roles), ","))
}

func nodeAddress(o *object, kind string) string {
	addresses, _ := at(o.data, "status", "addresses").([]any)
	for _, a := range addresses {
		if m, ok := a.(map[string]any); ok && text(m, "type") == kind {
			return text(m, "address")
		}
	}
	return "<none>"
}
