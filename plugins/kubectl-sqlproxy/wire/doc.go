// Package wire asks which database engine answers on a connection, without logging in:
// PostgreSQL says whether it does TLS, MySQL and MariaDB greet first, SQL Server answers
// PRELOGIN. Reads are bounded in time and size.
//
// The messages are those of PostgreSQL's frontend/backend protocol 3 (SSLRequest,
// ErrorResponse), of MySQL's connection phase (Handshake v10, ERR), and of [MS-TDS] 2.2.6.5.
package wire
