package recreate

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Command has machines made anew by a command line of the user's.
type Command struct{ line string }

// NewCommand makes a Recreator that runs line with sh -c, once for every node. It gets
//
//	STAGGER_NODE         the node's name
//	STAGGER_UID          the UID of the Node object
//	STAGGER_PROVIDER_ID  spec.providerID, which may be empty
//	STAGGER_INSTANCE_ID  the cloud's id of the VM, where it is known
//
// and this process's environment, with an empty stdin. It ends with 0 when it has been
// accepted that the machine is made anew; it need not wait for that. A machine that is
// gone must be no error to it.
func NewCommand(line string) *Command { return &Command{line} }

// Name is for people.
func (c *Command) Name() string { return "the command " + quoted(c.line) }

// Replaces reports true: that is what the command is for.
func (c *Command) Replaces() bool { return true }

// Check finds sh.
func (c *Command) Check(context.Context, []Target) error {
	if _, err := exec.LookPath("sh"); err != nil {
		return fmt.Errorf("%s needs sh, which is not on the PATH: %w", c.Name(), err)
	}
	return nil
}

// Recreate runs the command, and ends it with all that it started when ctx ends. The
// error has the last that it printed.
func (c *Command) Recreate(ctx context.Context, t Target) (Operation, error) {
	var printed tail
	cmd := groupCommand(ctx, "sh", "-c", c.line)
	cmd.Env = append(os.Environ(), "STAGGER_NODE="+t.Node, "STAGGER_UID="+string(t.UID),
		"STAGGER_PROVIDER_ID="+t.ProviderID, "STAGGER_INSTANCE_ID="+t.InstanceID)
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Run(); err != nil {
		return Operation{}, fmt.Errorf("node %s: %s: %w", t.Node, c.Name(), ended(ctx, err, &printed))
	}
	return Operation{}, nil
}

// Done reports true: there is nothing to ask.
func (c *Command) Done(context.Context, Operation) (bool, error) { return true, nil }

// Trouble knows of none.
func (c *Command) Trouble(context.Context, Target, Operation) error { return nil }

// groupCommand is a command that takes its children with it when ctx ends.
func groupCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	ownGroup(cmd)
	// A child that went on in a group of its own may hold stdout open.
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// ended says how a command failed: by the end of ctx, or with what it printed last.
func ended(ctx context.Context, err error, printed *tail) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if text := printed.String(); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}
