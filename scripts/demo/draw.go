package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubechores/kubechores/scripts/demo/picture"
)

// The size of pictures, in characters.
const columns, rows = 118, 44

// play plays a screen, and draws it where pictures are wanted: then it is in colour.
func (s *show) play(ctx context.Context, screen screen, args []string) error {
	if s.pictures == "" || screen.picture == "" {
		return screen.play(ctx, screen.plugin, args)
	}
	command := strings.Replace(screen.plugin, "-", " ", 1) + " " + quoted(args)
	if screen.coloured {
		args = append(args[:len(args):len(args)], "--color=always")
	}
	out := s.out
	defer func() { s.out = out }()
	var drawn bytes.Buffer
	s.out = io.MultiWriter(out, &drawn)
	if err := screen.play(ctx, screen.plugin, args); err != nil || ctx.Err() != nil {
		return err
	}
	return s.draw(screen, picture.Screen{Command: command, Output: drawn.String(), Columns: columns, Rows: rows})
}

func (s *show) draw(screen screen, drawn picture.Screen) (err error) {
	dir := filepath.Join(s.pictures, "plugins", screen.plugin, "pictures")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, screen.picture+".svg"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return picture.Write(f, drawn)
}
