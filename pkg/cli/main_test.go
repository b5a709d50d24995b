package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// closedPipe is what a write to a stdout returns that nobody reads.
func closedPipe() error { return &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE} }

// brokenConnection is what a request to a server returns that has gone.
func brokenConnection() error {
	return &url.Error{Op: "Post", URL: "https://10.0.0.1:6443/api", Err: &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}}
}

func interruptedContext(s syscall.Signal) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(interrupted{s})
	return ctx
}

// The exit code, and what is said, for each way a command ends.
func TestReport(t *testing.T) {
	plain := context.Background()
	ended, cancel := context.WithCancel(plain)
	cancel()
	failed := errors.New("it failed")
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		code int
		says string
	}{
		{"success", plain, nil, 0, ""},
		{"an error", plain, failed, 1, "error: it failed\n"},
		{"a wrapped error is said once", plain, fmt.Errorf("context blue: %w", failed), 1, "error: context blue: it failed\n"},
		{"a finding, said already", plain, &Exit{Code: CodeFinding}, 3, ""},
		{"a finding with an error", plain, &Exit{Code: CodeFinding, Err: failed}, 3, "error: it failed\n"},
		{"a finding, wrapped", plain, fmt.Errorf("check: %w", &Exit{Code: CodeFinding}), 3, ""},
		{"the reader of our output has left", plain, closedPipe(), 0, ""},
		{"and that, wrapped", plain, fmt.Errorf("printing: %w", closedPipe()), 0, ""},
		{"a broken connection is no reader of our output", plain, brokenConnection(), 1, "error: Post \"https://10.0.0.1:6443/api\": write tcp: write: broken pipe\n"},
		{"SIGINT", interruptedContext(syscall.SIGINT), nil, 130, ""},
		{"SIGTERM, and what came of it", interruptedContext(syscall.SIGTERM), context.Canceled, 143, ""},
		{"SIGINT while the output was closed", interruptedContext(syscall.SIGINT), closedPipe(), 130, ""},
		{"SIGINT, which a program that was run lived through", interruptedContext(syscall.SIGINT), &Exit{Code: 0, Final: true}, 0, ""},
		{"SIGTERM, and the end of that program", interruptedContext(syscall.SIGTERM), &Exit{Code: 7, Final: true}, 7, ""},
		{"an end without a signal", ended, nil, 0, ""},
		{"and with an error", ended, context.Canceled, 1, "error: context canceled\n"},
		{"control characters of the server's text", plain, errors.New("bad \x1b]0;x\x07\u009b"), 1, "error: bad \\u001b]0;x\\u0007\\u009b\n"},
		{"lines of the text", plain, errors.New("a\nb"), 1, "error: a\nb\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			if got := report(test.ctx, test.err, &said); got != test.code {
				t.Errorf("exit code %d, want %d", got, test.code)
			}
			if got := said.String(); got != test.says {
				t.Errorf("said %q, want %q", got, test.says)
			}
		})
	}
}

func TestExitError(t *testing.T) {
	failed := errors.New("it failed")
	if got := (&Exit{Code: 3}).Error(); got != "exit status 3" {
		t.Errorf("a silent Exit is %q", got)
	}
	e := &Exit{Code: 3, Err: failed}
	if e.Error() != "it failed" || !errors.Is(e, failed) {
		t.Errorf("an Exit with an error is %q", e)
	}
}

func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		ctx, stop := withSignals(t.Context())
		if err := signalSelf(s); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Fatalf("%v did not end the context", s)
		}
		if !isInterrupted(ctx) || ExitCode(ctx, nil) != 128+int(s) {
			t.Errorf("%v: cause %v, exit code %d; want %d", s, context.Cause(ctx), ExitCode(ctx, nil), 128+int(s))
		}
		stop()
	}
	ctx, stop := withSignals(t.Context())
	stop()
	if <-ctx.Done(); isInterrupted(ctx) {
		t.Error("the end of the command counts as an interrupt")
	}
}

func TestExplain(t *testing.T) {
	request := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://api.example.com:6443/api/v1/pods", Err: err}
	}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no"))
	for _, test := range []struct {
		name string
		err  error
		want []string
	}{
		{"anything", errors.New("it failed"), []string{"it failed"}},
		{"forbidden stays", forbidden, []string{forbidden.Error()}},
		{"unauthorized", fmt.Errorf("list: %w", apierrors.NewUnauthorized("Unauthorized")), []string{"list: Unauthorized\n", "must be logged in", "credentials"}},
		{"refused", request(dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))), []string{"api.example.com:6443", "was refused", "right host and port"}},
		{"refused by something else", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), []string{"dial tcp: connect: connection refused"}},
		{"no such name", request(dial(&net.DNSError{Err: "no such host", Name: "api.example.com"})), []string{`"api.example.com"`, "no such host", "cannot be resolved"}},
		{"another CA", request(x509.UnknownAuthorityError{}), []string{"unknown authority", "certificate authority is not the one"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Explain(test.err)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q does not say %q", got, want)
				}
			}
			if len(test.want) == 1 && got != test.want[0] {
				t.Errorf("got %q, want %q", got, test.want[0])
			}
		})
	}
}

func TestDisplayName(t *testing.T) {
	for argv0, want := range map[string]string{
		"kubectl-mlogs":                  "kubectl mlogs",
		"/usr/local/bin/kubectl-mlogs":   "kubectl mlogs",
		"./kubectl-mlogs.exe":            "kubectl mlogs",
		"kubectl_complete-mlogs":         "kubectl mlogs",
		"/tmp/go-build1/b001/mlogs.test": "kubectl mlogs",
		"mlogs":                          "mlogs",
		"/home/me/bin/ml":                "ml",
		"ml.exe":                         "ml",
	} {
		if got := displayName("mlogs", argv0); got != want {
			t.Errorf("displayName(%q) = %q, want %q", argv0, got, want)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	cmd := NewCommand("mlogs")
	failed := errors.New("it failed")
	err := UsageErrorf(cmd, "--since %s: %w", "x%d", failed)
	if want := "--since x%d: it failed\nSee 'kubectl mlogs --help' for help and examples"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !errors.Is(err, failed) {
		t.Error("the cause is lost")
	}
}

// An unknown flag is an error that tells of the help, and is not printed by cobra.
func TestFlagErrors(t *testing.T) {
	var out bytes.Buffer
	cmd := NewCommand("mlogs")
	cmd.RunE = func(*cobra.Command, []string) error { return nil }
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs([]string{"--nonsense"})
	err := cmd.Execute()
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --nonsense") || !strings.Contains(err.Error(), "See 'kubectl mlogs --help'") {
		t.Errorf("error = %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("printed by itself: %q", out.String())
	}
}

// cobra's own --version would take -v where there is none.
func TestVersionFlag(t *testing.T) {
	for _, test := range []struct {
		args    []string
		version bool // is printed
		ran     string
		verbose bool
	}{
		{[]string{"--version"}, true, "", false},
		{[]string{"-v", "1", "--version"}, true, "", false},
		{nil, false, "mlogs", false},
		{[]string{"-v", "0"}, false, "mlogs", false},
		{[]string{"-v", "1"}, false, "mlogs", true},
		{[]string{"sub"}, false, "sub", false},
		{[]string{"sub", "-v3"}, false, "sub", true},
		{[]string{"-v", "1", "sub"}, false, "sub", true},
	} {
		var out bytes.Buffer
		ran, verbose := "", false
		run := func(name string) func(*cobra.Command, []string) {
			return func(cmd *cobra.Command, _ []string) { ran, verbose = name, Verbose(cmd) }
		}
		cmd := NewCommand("mlogs")
		cmd.Run = run("mlogs")
		cmd.AddCommand(&cobra.Command{Use: "sub", Run: run("sub")})
		cmd.SetOut(&out)
		cmd.SetArgs(test.args)
		err := cmd.Execute()
		if err != nil || ran != test.ran || verbose != test.verbose || strings.Contains(out.String(), Version()) != test.version {
			t.Errorf("%q: %v, ran %q, verbose %v, printed %q; want %+v", test.args, err, ran, verbose, out.String(), test)
		}
	}
	if Verbose(&cobra.Command{}) {
		t.Error("a command without -v is verbose")
	}
}

func TestVersion(t *testing.T) {
	defer func(was string) { version = was }(version)
	version = "v1.2.3"
	if got := Version(); got != "v1.2.3" {
		t.Errorf("a release is %q, want v1.2.3", got)
	}
	version = "" // the build information of a test has no version
	if got := Version(); got == "" || got == "(devel)" || got == "unknown" {
		t.Errorf("a build without a version is %q", got)
	}
}

func TestHideFlags(t *testing.T) {
	fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
	fs.Bool("as", false, "")
	fs.Bool("tail", false, "")
	HideFlags(fs, "as", "no-such-flag")
	if !fs.Lookup("as").Hidden || fs.Lookup("tail").Hidden {
		t.Error("other flags are hidden than named")
	}
	if err := fs.Parse([]string{"--as"}); err != nil {
		t.Errorf("a hidden flag does not work: %v", err)
	}
}

// signalSelf sends this process a signal.
func signalSelf(s os.Signal) error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	return self.Signal(s)
}
