package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/kubechores/kubechores/krew"
)

// The parts of SPDX 2.3 that are used (spdx.github.io/spdx-spec/v2.3).
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		DataLicense   string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Packages      []spdxPackage      `json:"packages"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		ID        string         `json:"SPDXID"`
		Name      string         `json:"name"`
		Version   string         `json:"versionInfo,omitempty"`
		Download  string         `json:"downloadLocation"`
		License   string         `json:"licenseConcluded"`
		Analyzed  bool           `json:"filesAnalyzed"`
		Checksums []spdxChecksum `json:"checksums,omitempty"`
		Refs      []spdxRef      `json:"externalRefs,omitempty"`
		Comment   string         `json:"comment,omitempty"`
	}
	spdxChecksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	spdxRef struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxRelationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)

// writeSBOM lists the modules that a binary says are linked into it.
func (r *release) writeSBOM(path, plugin, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	sum, err := krew.Checksum(binary)
	if err != nil {
		return err
	}
	name := "kubectl-" + plugin
	doc := spdxDocument{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: name + " " + r.version,
		Namespace: fmt.Sprintf("https://%s/spdx/%s-%s-%s", info.Main.Path, name, r.version, sum[:16]),
		Creation:  spdxCreation{Created: time.Unix(r.epoch, 0).UTC().Format(time.RFC3339), Creators: []string{"Organization: kubechores"}},
		Packages: []spdxPackage{{
			ID: "SPDXRef-main", Name: name, Version: r.version, Download: "NOASSERTION", License: "Apache-2.0",
			Checksums: []spdxChecksum{{"SHA256", sum}}, Refs: []spdxRef{purl("golang", info.Main.Path, r.version)},
		}, {
			ID: "SPDXRef-go", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"), Download: "NOASSERTION", License: "NOASSERTION",
			Refs: []spdxRef{purl("golang", "std", strings.TrimPrefix(info.GoVersion, "go"))},
		}},
		Relationships: []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-main"}, {"SPDXRef-main", "DEPENDS_ON", "SPDXRef-go"}},
	}
	for i, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		id := fmt.Sprintf("SPDXRef-module-%d", i+1)
		doc.Packages = append(doc.Packages, spdxPackage{
			ID: id, Name: m.Path, Version: m.Version, Download: "NOASSERTION", License: "NOASSERTION",
			Refs: []spdxRef{purl("golang", m.Path, m.Version)}, Comment: "go.sum " + m.Sum,
		})
		doc.Relationships = append(doc.Relationships, spdxRelationship{"SPDXRef-main", "DEPENDS_ON", id})
	}
	raw, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}

func purl(kind, name, version string) spdxRef {
	return spdxRef{"PACKAGE-MANAGER", "purl", fmt.Sprintf("pkg:%s/%s@%s", kind, name, version)}
}
