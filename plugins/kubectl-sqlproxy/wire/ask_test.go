package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server plays one engine: play has each connection, which is closed after it.
func server(t *testing.T, play func(net.Conn)) (Dialer, *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var count atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			go func() {
				defer conn.Close()
				play(conn)
			}()
		}
	}()
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	}, &count
}

// packet is MySQL's, the first of a connection.
func packet(payload string) string {
	return string([]byte{byte(len(payload)), byte(len(payload) >> 8), 0, 0}) + payload
}

// rest is what follows the version in a greeting: thread, salt, capabilities, character
// set, status, more of these.
var rest = "\x00\x08\x00\x00\x00" + "abcdefgh" + "\x00\xff\xf7\x2d\x02\x00\xff\x81\x15" + strings.Repeat("\x00", 10) + "ijklmnopqrst" + "\x00mysql_native_password\x00"

// says sends a text and waits until the client leaves.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text) //nolint:errcheck // the test sees it
		io.Copy(io.Discard, c)  //nolint:errcheck
	}
}

// resets drops a connection that is up.
func resets(c net.Conn) {
	time.Sleep(50 * time.Millisecond)
	c.(*net.TCPConn).SetLinger(0) //nolint:errcheck // the test sees it
}

// hears waits for exactly these bytes, answers, and waits; on others it hangs up.
func hears(question, answer string) func(net.Conn) {
	return func(c net.Conn) {
		got := make([]byte, len(question))
		for n := 0; n < len(got); n++ {
			if _, err := io.ReadFull(c, got[n:n+1]); err != nil || got[n] != question[n] {
				return
			}
		}
		says(answer)(c)
	}
}

const (
	askPostgres = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	// As other clients send and get it, written down by hand from MS-TDS.
	askSQLServer  = "\x12\x01\x00\x1a\x00\x00\x01\x00" + "\x00\x00\x0b\x00\x06" + "\x01\x00\x11\x00\x01" + "\xff" + "\x00\x00\x00\x00\x00\x00" + "\x02"
	sqlServer2019 = "\x04\x01\x00\x1a\x00\x00\x01\x00" + "\x00\x00\x0b\x00\x06" + "\x01\x00\x11\x00\x01" + "\xff" + "\x0f\x00\x10\xdc\x00\x00" + "\x02"
)

func engines() map[Engine]func(net.Conn) {
	return map[Engine]func(net.Conn){
		Postgres:  hears(askPostgres, "N"),
		MySQL:     says(packet("\x0a8.0.36-google" + rest)),
		SQLServer: hears(askSQLServer, sqlServer2019),
	}
}

var quick = Options{Listen: 300 * time.Millisecond, Patience: 20 * time.Second}

// Whatever is expected, the engine that is there is found.
func TestAsk(t *testing.T) {
	t.Parallel()
	versions := map[Engine]string{Postgres: "", MySQL: "8.0.36-google", SQLServer: "15.0.4316"}
	for engine, play := range engines() {
		for _, expect := range []Engine{Unknown, Postgres, MySQL, SQLServer} {
			t.Run(string(engine)+" as "+string(expect), func(t *testing.T) {
				t.Parallel()
				dial, count := server(t, play)
				opts := quick
				if expect == MySQL && engine != MySQL {
					opts.Patience = time.Second
				}
				got, err := Ask(t.Context(), dial, expect, opts)
				if err != nil || got != (Answer{Engine: engine, Version: versions[engine]}) {
					t.Errorf("%+v, %v", got, err)
				}
				if n := count.Load(); expect == engine && n != 1 || n > 3 {
					t.Errorf("%d connections", n)
				}
			})
		}
	}
}

// What else may come, and what it means.
func TestAskOther(t *testing.T) {
	t.Parallel()
	patient := Options{Listen: 300 * time.Millisecond, Patience: 500 * time.Millisecond}
	for name, c := range map[string]struct {
		play   func(net.Conn)
		expect Engine
		opts   Options
		want   Answer
		text   string // in Text
	}{
		"the proxy hangs up, unasked":       {func(net.Conn) {}, Unknown, quick, Answer{Cut: true}, "ended before any byte"},
		"the proxy hangs up on PostgreSQL":  {func(net.Conn) {}, Postgres, quick, Answer{Cut: true}, "ended before any byte"},
		"the proxy hangs up on MySQL":       {func(net.Conn) {}, MySQL, quick, Answer{Cut: true}, "ended before any byte"},
		"the proxy hangs up on SQL Server":  {func(net.Conn) {}, SQLServer, quick, Answer{Cut: true}, "ended before any byte"},
		"the proxy hangs up after a second": {func(net.Conn) { time.Sleep(time.Second) }, Unknown, quick, Answer{Cut: true}, "ended before any byte"},
		"the proxy resets":                  {resets, Postgres, quick, Answer{Cut: true}, "ended before any byte"},
		"silence":                           {says(""), Unknown, patient, Answer{}, "nothing came within 500ms"},
		"silence of PostgreSQL":             {says(""), Postgres, patient, Answer{}, "nothing came within 500ms"},
		"TLS is on":                         {hears(askPostgres, "S"), Postgres, quick, Answer{Engine: Postgres}, ""},
		"a MariaDB":                         {says(packet("\x0a5.5.5-10.11.6-MariaDB-1" + rest)), MySQL, quick, Answer{Engine: MySQL, Version: "10.11.6-MariaDB-1"}, ""},
		"a MySQL that is full":              {says(packet("\xff\x10\x04Too many connections")), Unknown, quick, Answer{Engine: MySQL}, "error 1040: Too many connections"},
		"a PostgreSQL that is full":         {hears(askPostgres, "E\x00\x00\x00\x1dSFATAL\x00Mtoo many clients\x00\x00"), Postgres, quick, Answer{Engine: Postgres}, "too many clients"},
		"a greeting cut off":                {func(c net.Conn) { io.WriteString(c, packet("\x0a8.0")[:6]) }, MySQL, quick, Answer{}, "cut off"}, //nolint:errcheck
		"SSH":                               {says("SSH-2.0-OpenSSH_9.2\r\n"), Postgres, quick, Answer{}, `no engine's that is known: "SSH-2.0-OpenSSH_9.2\r\n"`},
		"HTTP":                              {hears(askSQLServer, "HTTP/1.1 400 Bad Request\r\n\r\n"), SQLServer, quick, Answer{}, "no engine's that is known"},
		"a flood":                           {says("\x00\x00\x00\x00\x0a" + strings.Repeat("x", 1<<20)), MySQL, quick, Answer{}, "no engine's that is known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dial, _ := server(t, c.play)
			got, err := Ask(t.Context(), dial, c.expect, c.opts)
			if c.text == "" && got.Text != "" || !strings.Contains(got.Text, c.text) || len(got.Text) > 400 {
				t.Errorf("text %q, want %q", got.Text, c.text)
			}
			got.Text = ""
			if err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

// Bytes that come one by one are one answer.
func TestAskSlowly(t *testing.T) {
	t.Parallel()
	dial := func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for _, b := range []byte(packet("\x0a8.4.1" + rest)) {
				theirs.Write([]byte{b}) //nolint:errcheck // the test sees it
			}
			io.Copy(io.Discard, theirs) //nolint:errcheck
		}()
		return ours, nil
	}
	got, err := Ask(t.Context(), dial, MySQL, Options{})
	if err != nil || got != (Answer{Engine: MySQL, Version: "8.4.1"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAskErrors(t *testing.T) {
	t.Parallel()
	refused := errors.New("nothing listens")
	if _, err := Ask(t.Context(), func(context.Context) (net.Conn, error) { return nil, refused }, Postgres, quick); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	dial, _ := server(t, func(c net.Conn) {
		cancel(enough)
		says("")(c)
	})
	started := time.Now()
	if _, err := Ask(ctx, dial, MySQL, Options{Patience: time.Minute}); !errors.Is(err, enough) || time.Since(started) > 30*time.Second {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
}

// FuzzParse: no answer is read out of bounds or is unbounded, and one that is known stays
// so whatever follows, but for PostgreSQL's single byte.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "S", "N", "SSH", askSQLServer, sqlServer2019, packet("\x0a5.5.5-10.11.6-MariaDB" + rest), packet("\xff\x10\x04Too many"),
		"E\x00\x00\x00\x0eSFATAL\x00Mx\x00", "E\xff\xff\xff\xff", "\x04\x01\xff\xff\x00\x00\x00\x00", "\xff\xff\xff\x00\x0a"} {
		for asked := range byte(3) {
			f.Add(asked, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, n byte, got []byte) {
		asked := []Engine{MySQL, Postgres, SQLServer}[n%3]
		answer, how := parse(asked, got)
		if len(answer.Text) > maxText+20 || len(answer.Version) > maxText || (how == known) != (answer.Engine != Unknown) || answer.Cut {
			t.Errorf("%d: %+v", how, answer)
		}
		if how == known && len(got) > 1 {
			if again, how := parse(asked, append(got, 'x')); how != known || again != answer {
				t.Errorf("%+v, then %+v", answer, again)
			}
		}
		if how == more && len(got) >= maxAnswer {
			t.Error("it would never end")
		}
	})
}
