package segment

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// A valueKind says what a JSON value is, as far as columns care.
type valueKind uint8

const (
	kindNull  valueKind = iota
	kindText            // a string
	kindJSON            // an array, or an object nested too deeply, as JSON
	kindInt             // a number that is an int64
	kindFloat           // any other finite number
	kindBig             // a number neither int64 nor float64 holds without loss
	kindBool
	kindTime // an instant the loader itself made
)

// A value is one JSON value on its way into a column. Its text is a number's
// literal, a string's content, or JSON; it is valid until the next message.
type value struct {
	kind valueKind
	text []byte
	i    int64 // kindInt, kindBool (0 or 1), kindTime (Unix microseconds)
	f    float64
}

// scalarText is the value as text, where it has one: strings, numbers and booleans.
func (v *value) scalarText() []byte {
	switch v.kind {
	case kindText, kindInt, kindFloat, kindBig:
		return v.text
	case kindBool:
		return strconv.AppendBool(nil, v.i != 0)
	default:
		return nil
	}
}

// valueOf classifies a JSON value that is not an object to be flattened. Scratch
// is appended to and returned, for reuse; the value's text may lie in it.
func valueOf(j *fastjson.Value, scratch []byte) (value, []byte) {
	switch j.Type() {
	case fastjson.TypeString:
		s, _ := j.StringBytes()
		return value{kind: kindText, text: s}, scratch
	case fastjson.TypeTrue:
		return value{kind: kindBool, i: 1}, scratch
	case fastjson.TypeFalse:
		return value{kind: kindBool}, scratch
	case fastjson.TypeNumber:
		start := len(scratch)
		scratch = j.MarshalTo(scratch)
		return numberOf(scratch[start:]), scratch
	case fastjson.TypeArray, fastjson.TypeObject:
		start := len(scratch)
		scratch = j.MarshalTo(scratch)
		return value{kind: kindJSON, text: scratch[start:]}, scratch
	default:
		return value{}, scratch
	}
}

// numberOf classifies a number's literal. The JSON parser lets through some things
// that are no numbers; those that mean nothing ("nan") are null.
func numberOf(text []byte) value {
	if len(text) < 19 { // the common case, without an allocation
		if i, ok := smallInt(text); ok {
			return value{kind: kindInt, text: text, i: i}
		}
	}
	s := string(text)
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value{kind: kindInt, text: text, i: i}
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil && !math.IsInf(f, 0), math.IsNaN(f):
		return value{}
	case math.IsInf(f, 0) && !bytes.ContainsAny(text, "0123456789"): // "inf"
		return value{}
	case math.IsInf(f, 0), !bytes.ContainsAny(text, ".eE"): // 1e999; an integer beyond 64 bits
		return value{kind: kindBig, text: text}
	}
	return value{kind: kindFloat, text: text, f: f}
}

// smallInt parses up to 18 digits with an optional minus.
func smallInt(text []byte) (int64, bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if text[0] == '-' {
		n = -n
	}
	return n, true
}

// inferType is the type of the column a first value creates.
func inferType(v *value) string {
	switch v.kind {
	case kindInt:
		return TypeBigint
	case kindFloat:
		return TypeDouble
	case kindBool:
		return TypeBoolean
	case kindTime:
		return TypeTimestamp
	case kindText:
		if looksLikeTime(v.text) {
			if _, ok := parseTime(v.text, false); ok {
				return TypeTimestamp
			}
		}
	}
	return TypeText
}

// appendValue appends v as a field of Postgres' binary COPY format, four bytes of
// length first, as the column's type wants it. It reports false, and appends
// nothing, where the value cannot be held without loss.
func appendValue(dst []byte, c *column, v *value) ([]byte, bool) {
	switch c.codec {
	case codecText:
		text := v.text
		if v.kind == kindBool {
			text = v.scalarText()
		}
		if v.kind == kindTime {
			return dst, false
		}
		if c.maxChars > 0 && len(text) > c.maxChars && utf8.RuneCount(text) > c.maxChars {
			return dst, false
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
		return append(dst, text...), true
	case codecTime:
		t, ok := v.i, v.kind == kindTime
		if v.kind == kindText {
			t, ok = parseTime(v.text, true)
		}
		if !ok {
			return dst, false
		}
		dst = append(dst, 0, 0, 0, 8)
		return binary.BigEndian.AppendUint64(dst, uint64(t-postgresEpoch)), true
	case codecInt2, codecInt4, codecInt8:
		return appendInt(dst, c.codec, v)
	case codecFloat8, codecFloat4:
		return appendFloat(dst, c.codec, v)
	case codecBool:
		switch {
		case v.kind == kindBool:
		case v.kind == kindText && string(v.text) == "true":
			v.i = 1
		case v.kind == kindText && string(v.text) == "false":
			v.i = 0
		default:
			return dst, false
		}
		return append(dst, 0, 0, 0, 1, byte(v.i)), true
	case codecJSON, codecJSONB:
		return appendJSON(dst, c.codec, v), true
	default: // a type of someone's own making
		return dst, false
	}
}

func appendInt(dst []byte, codec codec, v *value) ([]byte, bool) {
	i, ok := v.i, v.kind == kindInt
	switch v.kind {
	case kindFloat:
		i = int64(v.f)
		ok = math.Abs(v.f) < 1<<53 && float64(i) == v.f
	case kindText:
		i, ok = smallInt(v.text)
		// "007" or "-0" would come back another text.
		ok = ok && len(v.text) < 19 && strconv.FormatInt(i, 10) == string(v.text)
	}
	if !ok {
		return dst, false
	}
	switch codec {
	case codecInt2:
		if int64(int16(i)) != i {
			return dst, false
		}
		return binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, 2), uint16(i)), true
	case codecInt4:
		if int64(int32(i)) != i {
			return dst, false
		}
		return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(i)), true
	default:
		return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), uint64(i)), true
	}
}

func appendFloat(dst []byte, codec codec, v *value) ([]byte, bool) {
	f, ok := v.f, v.kind == kindFloat
	switch v.kind {
	case kindInt:
		f = float64(v.i)
		ok = -1<<53 <= v.i && v.i <= 1<<53
	case kindText:
		n := value{}
		if len(v.text) > 0 && len(v.text) < 25 && (isDigit(v.text[0]) || v.text[0] == '-') {
			n = numberOf(v.text)
		}
		switch n.kind {
		case kindInt:
			f = float64(n.i)
		case kindFloat:
			f = n.f
		}
		ok = (n.kind == kindInt || n.kind == kindFloat) && strconv.FormatFloat(f, 'f', -1, 64) == string(v.text)
	}
	if !ok {
		return dst, false
	}
	if codec == codecFloat4 {
		if float64(float32(f)) != f {
			return dst, false
		}
		return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), math.Float32bits(float32(f))), true
	}
	return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), math.Float64bits(f)), true
}

// appendJSON appends any value for a json or jsonb column.
func appendJSON(dst []byte, codec codec, v *value) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if codec == codecJSONB {
		dst = append(dst, 1) // the version of jsonb's binary form
	}
	switch v.kind {
	case kindText:
		var a fastjson.Arena
		dst = a.NewStringBytes(v.text).MarshalTo(dst)
	case kindBool:
		dst = strconv.AppendBool(dst, v.i != 0)
	case kindTime:
		dst = append(dst, "null"...)
	default:
		dst = append(dst, v.text...)
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}
