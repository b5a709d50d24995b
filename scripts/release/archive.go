package main

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"time"
)

// file is one in an archive.
type file struct {
	name, path string
	mode       int64
}

// writeArchive makes a .tar.gz that depends on nothing but the files' names and
// contents, in their order, and the time.
func writeArchive(path string, files []file, epoch int64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, one := range files {
		if err := add(t, one, time.Unix(epoch, 0)); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

func add(t *tar.Writer, one file, at time.Time) error {
	f, err := os.Open(one.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: one.name, Mode: one.mode, Size: info.Size(), ModTime: at, Format: tar.FormatUSTAR}
	if err := t.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}
