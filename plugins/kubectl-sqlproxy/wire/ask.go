package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Dialer makes a connection to the port that is asked.
type Dialer func(ctx context.Context) (net.Conn, error)

// Options say how long to wait. Zero values stand for what is said here.
type Options struct {
	// Listen is how long a greeting is waited for where none is expected; 2 seconds.
	Listen time.Duration
	// Patience is how long an answer is waited for; 5 seconds. A proxy that cannot reach
	// its instance gives up after 30.
	Patience time.Duration
}

// Ask finds out which engine answers on a port. It makes up to three connections, one
// where the engine is the expected one; Unknown expects none. MySQL counts a client that
// leaves after the greeting as one that failed (max_connect_errors), so it is not to be
// asked in a loop.
//
// The error is of the dialer or of ctx, or says why a connection broke for another reason
// than its end.
func Ask(ctx context.Context, dial Dialer, expect Engine, opts Options) (Answer, error) {
	if opts.Listen == 0 {
		opts.Listen = 2 * time.Second
	}
	if opts.Patience == 0 {
		opts.Patience = 5 * time.Second
	}
	if expect == MySQL {
		opts.Listen = opts.Patience
	}
	a := &asking{ctx: ctx, dial: dial, opts: opts}
	if expect == Postgres || expect == SQLServer {
		if answer, err := a.question(expect); err != nil || a.heard {
			return answer, err
		}
	}
	return a.any(expect)
}

// asking is one Ask.
type asking struct {
	ctx   context.Context
	dial  Dialer
	opts  Options
	heard bool // any byte has come: there is no need to ask further
	ends  int  // questions that were answered by the end of the connection
}

// any listens first: an end before anything was said is no engine's.
func (a *asking) any(asked Engine) (Answer, error) {
	conn, err := a.dial(a.ctx)
	if err != nil {
		return Answer{}, a.failure(err)
	}
	defer conn.Close()
	answer, ending, err := a.read(conn, MySQL, a.opts.Listen)
	switch {
	case err != nil || a.heard:
		return answer, err
	case ending == ended:
		return Answer{Cut: true, Text: "the connection ended before any byte"}, nil
	}
	if asked != Postgres {
		if answer, err := a.say(conn, Postgres); err != nil || a.heard {
			return answer, err
		}
	}
	if asked != SQLServer {
		if answer, err := a.question(SQLServer); err != nil || a.heard {
			return answer, err
		}
	}
	switch a.ends {
	case 2: // both PostgreSQL and SQL Server would have answered one of them
		return Answer{Cut: true, Text: "the connections ended before any byte"}, nil
	case 1:
		return Answer{Text: "one connection ended and another stayed open, and no byte came on either"}, nil
	}
	return Answer{Text: fmt.Sprintf("connections stay open, and nothing came within %s, neither unasked nor after the first message of PostgreSQL and of SQL Server", a.opts.Patience)}, nil
}

// question asks one engine on a connection of its own.
func (a *asking) question(engine Engine) (Answer, error) {
	conn, err := a.dial(a.ctx)
	if err != nil {
		return Answer{}, a.failure(err)
	}
	defer conn.Close()
	return a.say(conn, engine)
}

// say sends an engine's first message and reads what comes.
func (a *asking) say(conn net.Conn, engine Engine) (Answer, error) {
	message := prelogin()
	if engine == Postgres {
		message = []byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f} // SSLRequest
	}
	if err := conn.SetWriteDeadline(time.Now().Add(a.opts.Patience)); err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(message); err != nil && !isEnd(err) && !errors.Is(err, os.ErrDeadlineExceeded) {
		return Answer{}, a.failure(err)
	}
	answer, ending, err := a.read(conn, engine, a.opts.Patience)
	if ending == ended {
		a.ends++
	}
	return answer, err
}

// ending is why no more was read.
type ending int

const (
	enough ending = iota
	silent        // the time was up
	ended         // the other side closed the connection
)

// read reads until there is an answer, for a time at most.
func (a *asking) read(conn net.Conn, asked Engine, patience time.Duration) (Answer, ending, error) {
	stop := context.AfterFunc(a.ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it is being closed
	defer stop()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return Answer{}, ended, err
	}
	var got []byte
	buffer := make([]byte, maxAnswer)
	for {
		n, err := conn.Read(buffer[:maxAnswer-len(got)])
		got = append(got, buffer[:n]...)
		a.heard = a.heard || n > 0
		answer, how := parse(asked, got)
		switch {
		case a.ctx.Err() != nil:
			return Answer{}, ended, context.Cause(a.ctx)
		case how == known:
			return answer, enough, nil
		case how == foreign || len(got) == maxAnswer:
			return Answer{Text: fmt.Sprintf("what came is no engine's that is known: %s", sample(got))}, enough, nil
		case err == nil:
			continue
		case errors.Is(err, os.ErrDeadlineExceeded):
			return partly(got, "nothing more"), silent, nil
		case isEnd(err):
			return partly(got, "its end"), ended, nil
		}
		return Answer{}, ended, a.failure(err)
	}
}

func (a *asking) failure(err error) error {
	if a.ctx.Err() != nil {
		return context.Cause(a.ctx)
	}
	return err
}

// partly is the answer where what came is too short for one.
func partly(got []byte, then string) Answer {
	if len(got) == 0 {
		return Answer{}
	}
	return Answer{Text: fmt.Sprintf("what came is cut off: %s and then %s", sample(got), then)}
}

// sample shows the first bytes.
func sample(got []byte) string { return fmt.Sprintf("%q", got[:min(len(got), 32)]) }

// isEnd reports whether an error is the other side's end of the connection.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
