package wire

import "encoding/binary"

// Engine is a database engine.
type Engine string

// The engines. MariaDB speaks MySQL's protocol. Unknown is none of them.
const (
	Unknown   Engine = ""
	MySQL     Engine = "mysql"
	Postgres  Engine = "postgres"
	SQLServer Engine = "sqlserver"
)

// Answer is what came over a connection.
type Answer struct {
	Engine Engine
	// Version is the server's, where it says it before a login: "8.0.36",
	// "10.11.6-MariaDB", of SQL Server "15.0.4316". PostgreSQL does not.
	Version string
	// Text is an error that the server sent in place of a greeting, or why the engine is
	// not known.
	Text string
	// Cut says that the connection ended before any byte, though nothing was asked that
	// an engine would end it for: the proxy does not reach its instance.
	Cut bool
}

const (
	// maxAnswer is how much is read of an answer, in bytes. Greetings have a hundred.
	maxAnswer = 4 << 10
	// maxText is how much is kept of a text that a server sends, in bytes.
	maxText = 300
)

// progress says how far what came can be understood.
type progress int

const (
	more    progress = iota // it may become an answer
	known                   // it is one
	foreign                 // it is none of an engine that is known
)

// parse reads what has come after a question. Any engine's words may come: MySQL greets
// whatever it is asked.
func parse(asked Engine, got []byte) (Answer, progress) {
	if len(got) == 0 {
		return Answer{}, more
	}
	switch c := got[0]; {
	case asked == Postgres && (c == 'S' || c == 'N'):
		// More than this byte is another protocol, such as one that begins with SSH-2.0.
		if len(got) > 1 {
			return Answer{}, foreign
		}
		return Answer{Engine: Postgres}, known
	case asked != MySQL && c == 'E':
		return parseError(got)
	case asked == SQLServer && c == packetReply:
		return parsePrelogin(got)
	}
	return parseGreeting(got)
}

// parseError reads PostgreSQL's ErrorResponse: a length, and fields that are a letter
// and a text, the last one a zero.
func parseError(got []byte) (Answer, progress) {
	if len(got) < 5 {
		return Answer{}, more
	}
	length := binary.BigEndian.Uint32(got[1:])
	if length < 5 || length > maxAnswer-1 {
		return Answer{}, foreign
	}
	if len(got) < int(length)+1 {
		return Answer{}, more
	}
	answer := Answer{Engine: Postgres}
	for fields := got[5 : length+1]; len(fields) > 0 && fields[0] != 0; {
		text, rest, ended := cutZero(fields[1:])
		if !ended {
			return Answer{}, foreign
		}
		if fields[0] == 'M' {
			answer.Text = clip(text)
		}
		fields = rest
	}
	return answer, known
}

// clip bounds a text.
func clip(text []byte) string { return string(text[:min(len(text), maxText)]) }
