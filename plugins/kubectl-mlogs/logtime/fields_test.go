package logtime

import (
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	checkGood(t, []good{
		{"time", `{"time":"2026-11-23T21:00:20Z","level":"INFO","msg":"x"}`, at},
		{"offset", `{"time":"2026-11-24T06:00:20.123456789+09:00"}`, at + 123_456_789},
		{"timestamp", `{"timestamp":"2026-11-23T21:00:20.123Z"}`, at + 123*ms},
		{"ts", `{"ts":"2026-11-23T21:00:20.123Z"}`, at + 123*ms},
		{"Logstash", `{"@timestamp":"2026-11-23T21:00:20.123Z","@version":"1"}`, at + 123*ms},
		{"t", `{"t":"2026-11-23T21:00:20Z"}`, at},
		{"Serilog", `{"@t":"2026-11-23T21:00:20.1234567Z","@mt":"x"}`, at + 123_456_700},
		{".NET", `{"EventId":0,"Timestamp":"2026-11-23T21:00:20.123Z"}`, at + 123*ms},
		{"datetime", `{"datetime":"2026-11-23 21:00:20"}`, at},
		{"date", `{"date":"2026/11/23 21:00:20"}`, at},
		{"Python", `{"asctime":"2026-11-23 21:00:20,123","message":"x"}`, at + 123*ms},
		{"day first", `{"time":"23/Nov/2026:21:00:20 +0000"}`, at},
		{"MongoDB", `{"t":{"$date":"2026-11-23T21:00:20.123+00:00"},"s":"I","c":"NETWORK"}`, at + 123*ms},
		{"seconds", `{"ts":1795467620}`, at},
		{"zap", `{"level":"info","ts":1795467620.1234567,"caller":"x.go:1"}`, at + 123_456_700},
		{"pino", `{"level":30,"time":1795467620123,"pid":1}`, at + 123*ms},
		{"milliseconds with a fraction", `{"ts":1795467620123.456}`, at + 123_456*us},
		{"microseconds", `{"ts":1795467620123456}`, at + 123_456*us},
		{"nanoseconds", `{"ts":1795467620123456789}`, at + 123_456_789},
		{"a number in quotes", `{"ts":"1795467620.123"}`, at + 123*ms},
		{"last number", `{"ts":7289654399}`, utc(2200, 12, 31, 23, 59, 59, 0)},
		{"white space", "{ \"a\" :\r 1 ,\t\"time\" : \"2026-11-23T21:00:20Z\" }", at},
		{"after other values", `{"a":"x","b":-1.5e+3,"c":null,"d":true,"e":[],"f":{},"time":"2026-11-23T21:00:20Z"}`, at},
		{"after nested values", `{"a":{"time":"2020-01-01T00:00:00Z","b":[{"c":"}]"}]},"time":"2026-11-23T21:00:20Z"}`, at},
		{"after arrays", `{"a":["time",["x",{}],"2020-01-01T00:00:00Z"],"time":"2026-11-23T21:00:20Z"}`, at},
		{"after an escaped quote", `{"msg":"a \"time\":\"2020-01-01T00:00:00Z\" b","time":"2026-11-23T21:00:20Z"}`, at},
		{"after escaped backslashes", `{"msg":"a\\","dir":"\\\\\"\\","time":"2026-11-23T21:00:20Z"}`, at},
		{"after an empty string", `{"":"","time":"2026-11-23T21:00:20Z"}`, at},
		{"the first that is one", `{"time":12.5,"t":"now","date":"2026-11-23","ts":"2026-11-23T21:00:20Z","time":"2020-01-01T00:00:00Z"}`, at},
		{"broken after the time", `{"time":"2026-11-23T21:00:20Z","msg":"cut he`, at},
	})
	checkNone(t, []string{
		"{", "{}", "{ }", `{"`, `{"time`, `{"time"`, `{"time":`, `{"time":"`, `{"time":"2026-11-23T21:00:20Z`, `{"time":1795467620`, `{"time":1795467620.`,
		`{"level":"info"}`, `{"a":{"time":"2026-11-23T21:00:20Z"}}`, `{"a":[{"time":"2026-11-23T21:00:20Z"}]}`, `{"a":"time","b":"2026-11-23T21:00:20Z"}`,
		`{"msg":"\"time\":\"2026-11-23T21:00:20Z\""}`, `{"TIME":"2026-11-23T21:00:20Z"}`, `{"tim\u0065":"2026-11-23T21:00:20Z"}`,
		`{"start_time":"2026-11-23T21:00:20Z"}`,
		`{time:"2026-11-23T21:00:20Z"}`, `{'time':'2026-11-23T21:00:20Z'}`, `{"a" "time":"2026-11-23T21:00:20Z"}`, `{"a":1 "time":"2026-11-23T21:00:20Z"}`,
		`{"a","time":"2026-11-23T21:00:20Z"}`, `{"time":"2026-11-23T21:00:20Z is when"}`, `{"time":" 2026-11-23T21:00:20Z"}`, `{"time":"2026-02-30T21:00:20Z"}`,
		`{"time":"21:00:20","date":"2026-11-23"}`, `{"time":"2026-11-23T21:00:20\u002B00:00"}`, `{"time":["2026-11-23T21:00:20Z"]}`,
		`{"time":{"x":"2026-11-23T21:00:20Z"}}`,
		`{"time":null}`, `{"time":true}`, `{"time":0}`, `{"time":-1795467620}`, `{"time":1.795467620e9}`, `{"time":1795467620e3}`, `{"time":1795467620.}`,
		`{"time":700000000}`, `{"time":17954676201}`, `{"time":179546762012}`, `{"time":17954676201234}`, `{"time":7289654400}`, `{"time":7289654400000}`,
		`{"time":9999999999999999999}`, `{"time":17954676201234567890}`, `{"time":0795467620}`, `{"time":1795467620x}`,
		`["time","2026-11-23T21:00:20Z"]`, `{"msg":"an end that is missing, "time":"2026-11-23T21:00:20Z"}`, `{"a":{"b":1,"time":"2026-11-23T21:00:20Z"`,
		`{"msg":"[23/Nov/2026:21:00:20 +0000]","x":" [23/Nov/2026:21:00:20 +0000] "}`,
	})
}

func TestLogfmt(t *testing.T) {
	checkGood(t, []good{
		{"logrus", `time="2026-11-23T21:00:20Z" level=info msg="hello world"`, at},
		{"slog", `time=2026-11-23T21:00:20.123Z level=INFO source=main.go:1 msg=x`, at + 123*ms},
		{"go-kit", `level=info ts=2026-11-23T21:00:20.123456789Z caller=main.go:1 msg="x"`, at + 123_456_789},
		{"Grafana", `logger=http t=2026-11-24T06:00:20.123+0900 level=info`, at + 123*ms},
		{"after other names", `user-agent=x h2=1 a@b=1 @timestamp=2026-11-23T21:00:20Z`, at},
		{"alone", `ts=2026-11-23T21:00:20Z`, at},
		{"carriage return", "ts=2026-11-23T21:00:20Z\r", at},
		{"number", `level=info ts=1795467620.123 msg=x`, at + 123*ms},
		{"number at the end", `level=info ts=1795467620123`, at + 123*ms},
		{"unquoted blank", `time=2026-11-23 21:00:20 level=info`, at},
		{"empty values", `a= b="" c=  ts=2026-11-23T21:00:20Z`, at},
		{"after an escaped quote", `msg="a \" ts=2020-01-01T00:00:00Z" ts=2026-11-23T21:00:20Z`, at},
		{"after a value with an equals sign", `url=/?t=1700000000 ts=2026-11-23T21:00:20Z`, at},
		{"the first that is one", `t=12ms time=yesterday ts=2026-11-23T21:00:20Z time=2020-01-01T00:00:00Z`, at},
		{"after a value in quotes", `date="2026-11-23" app.kubernetes.io/name=x time="2026-11-23 21:00:20"`, at},
	})
	checkNone(t, []string{
		"=", "a=", "a", "time=", `time="`, `time="2026-11-23T21:00:20Z`, `time="2026-11-23T21:00:20Z x"`, "time=2026-11-23", "time=2026-11-23T21:00:20Z,x",
		"hello ts=2026-11-23T21:00:20Z", "level=info hello ts=2026-11-23T21:00:20Z", "level=info =x ts=2026-11-23T21:00:20Z", " ts=2026-11-23T21:00:20Z",
		`msg="ts=2026-11-23T21:00:20Z"`, `msg="no end ts=2026-11-23T21:00:20Z`, "a.ts=2026-11-23T21:00:20Z", "ts:2026-11-23T21:00:20Z", "ts =2026-11-23T21:00:20Z",
		"t=5", "t=1795467620s", "t=1795467620&x=1", "start_time=2026-11-23T21:00:20Z", "T=2026-11-23T21:00:20Z", "ts=2026-02-30T21:00:20Z",
	})
}

// A long line is not searched to its end.
func TestFieldReach(t *testing.T) {
	for _, form := range []struct{ name, before, key, after string }{
		{"JSON", `{"msg":"`, `","ts"`, `:"2026-11-23T21:00:20Z"}`},
		{"nested JSON", `{"msg":{"a":"`, `"},"ts"`, `:"2026-11-23T21:00:20Z"}`},
		{"logfmt", `msg="`, `" ts=`, `2026-11-23T21:00:20Z`},
		{"unquoted logfmt", `msg=`, ` ts=`, `2026-11-23T21:00:20Z`},
	} {
		for _, test := range []struct {
			end int // of the key
			ok  bool
		}{{fieldReach / 2, true}, {fieldReach - 1, true}, {fieldReach + 1, false}, {10 * fieldReach, false}} {
			line := form.before + strings.Repeat("x", test.end-len(form.before)-len(form.key)) + form.key + form.after
			if nanos, ok := new(Parser).Parse([]byte(line)); ok != test.ok || (ok && nanos != at) {
				t.Errorf("%s, key up to %d: %d, %v", form.name, test.end, nanos, ok)
			}
		}
	}
}
