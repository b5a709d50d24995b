package krew

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// CheckArchive says what is wrong with a platform's archive, a .tar.gz, as krew would
// when it installs it: the checksum, paths that lead out of it, the binary that is not
// there or cannot be run, a license that is missing.
func (p *Platform) CheckArchive(file string) error {
	sum, err := Checksum(file)
	if err != nil {
		return err
	}
	names, err := executables(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	license := regexp.MustCompile(`(?i)^(licen[cs]es?|copying)(\.(txt|md))?$`)
	hasLicense := false
	for name := range names {
		if path.IsAbs(name) || strings.HasPrefix(path.Clean(name), "..") {
			return fmt.Errorf("%s: %q leads out of the archive", file, name)
		}
		hasLicense = hasLicense || license.MatchString(path.Base(name))
	}
	executable, found := names[p.Bin]
	switch {
	case sum != p.SHA256:
		return fmt.Errorf("%s has the checksum %s, and the manifest says %s", file, sum, p.SHA256)
	case !found:
		return fmt.Errorf("%s has no %s", file, p.Bin)
	case !executable:
		return fmt.Errorf("%s: %s is not executable", file, p.Bin)
	case !hasLicense:
		return fmt.Errorf("%s has no license", file)
	}
	return nil
}

// Checksum is a file's SHA-256 in hexadecimal.
func Checksum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// executables are the names in an archive, with whether they may be run.
func executables(file string) (map[string]bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return names, nil
		case err != nil:
			return nil, err
		case !slices.Contains([]byte{tar.TypeReg, tar.TypeDir}, h.Typeflag):
			return nil, fmt.Errorf("%q is neither a file nor a folder", h.Name)
		}
		names[h.Name] = h.Mode&0o111 != 0
	}
}
