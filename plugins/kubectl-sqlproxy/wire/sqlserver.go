package wire

import (
	"encoding/binary"
	"fmt"
)

const (
	packetPrelogin = 0x12
	packetReply    = 0x04
	packetHeader   = 8 // bytes: type, status, length (two), SPID (two), number, window

	tokenVersion    = 0x00
	tokenEncryption = 0x01
	tokenEnd        = 0xff

	encryptionNotSupported = 0x02
)

// prelogin is a PRELOGIN packet with the two options that every client sends. It says
// that it does no encryption, as nothing follows that could be encrypted.
func prelogin() []byte {
	options := []byte{
		tokenVersion, 0, 11, 0, 6, // at 11, 6 bytes
		tokenEncryption, 0, 17, 0, 1,
		tokenEnd,
		0, 0, 0, 0, 0, 0,
		encryptionNotSupported,
	}
	const last = 1
	packet := []byte{packetPrelogin, last, 0, byte(packetHeader + len(options)), 0, 0, 1, 0}
	return append(packet, options...)
}

// parsePrelogin reads SQL Server's answer: a packet with a table of options, each a
// token, an offset from the table's start and a length. The version is that of the
// server, two bytes and the build's two.
func parsePrelogin(got []byte) (Answer, progress) {
	if len(got) < packetHeader {
		return Answer{}, more
	}
	length := int(binary.BigEndian.Uint16(got[2:]))
	if length <= packetHeader || length > maxAnswer {
		return Answer{}, foreign
	}
	if len(got) < length {
		return Answer{}, more
	}
	body := got[packetHeader:length]
	answer := Answer{Engine: SQLServer}
	for table := body; ; table = table[5:] {
		if len(table) > 0 && table[0] == tokenEnd {
			return answer, known
		}
		if len(table) < 5 {
			return Answer{}, foreign
		}
		at, size := int(binary.BigEndian.Uint16(table[1:])), int(binary.BigEndian.Uint16(table[3:]))
		if at+size > len(body) {
			return Answer{}, foreign
		}
		if table[0] == tokenVersion && size >= 4 {
			answer.Version = fmt.Sprintf("%d.%d.%d", body[at], body[at+1], binary.BigEndian.Uint16(body[at+2:]))
		}
	}
}
