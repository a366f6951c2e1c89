package segment

import (
	"github.com/valyala/fastjson"

	"github.com/attribution-dev/attribution/internal/event"
)

// The instants of a row, in the order of timeColumns.
const (
	timeReceived = iota
	timeOriginal
	timeSent
	timeTimestamp
)

var timeColumns = [4]string{"received_at", "original_timestamp", "sent_at", "timestamp"}

// messageTimes are the instants of one message. One marked isLoadTime stands for
// the time of loading, which is known only when its batch is written.
type messageTimes struct {
	at [4]struct {
		at             event.Micros
		ok, isLoadTime bool
	}
}

// times reads and computes the instants of a message.
//
// received_at is the message's receivedAt; where that is absent or unusable (a
// received_at must lie from 2000 up to 2100) the first usable of sentAt, timestamp
// and originalTimestamp, else the time of loading. "timestamp" is the message's
// own; where absent receivedAt − (sentAt − originalTimestamp), else
// originalTimestamp, else received_at.
func (p *parser) times(f *fields) (t messageTimes) {
	for i, field := range [4]struct {
		name string
		v    *fastjson.Value
	}{{"receivedAt", f.receivedAt}, {"originalTimestamp", f.originalTimestamp}, {"sentAt", f.sentAt}, {"timestamp", f.timestamp}} {
		if field.v == nil {
			continue
		}
		var v value
		v, p.scratch = valueOf(field.v, p.scratch)
		at, ok := messageTime(&v)
		if ok && i == timeReceived && !isReceivable(at) {
			ok = false
		}
		if !ok {
			p.badFields[field.name]++
			continue
		}
		t.at[i].at, t.at[i].ok = at, true
	}
	received, original, sent, timestamp := &t.at[timeReceived], &t.at[timeOriginal], &t.at[timeSent], &t.at[timeTimestamp]
	if !timestamp.ok {
		switch {
		case received.ok && sent.ok && original.ok:
			timestamp.at = received.at - (sent.at - original.at)
			timestamp.ok = timestamp.at >= firstStoredTime && int64(timestamp.at) < maxStoredTime
		case original.ok:
			timestamp.at, timestamp.ok = original.at, true
		}
	}
	if !received.ok {
		p.receivedAtGap++
		for _, other := range []event.Micros{sent.at, timestamp.at, original.at} {
			if isReceivable(other) { // an absent one is 1970 and never is
				received.at, received.ok = other, true
				break
			}
		}
		if !received.ok {
			received.ok, received.isLoadTime = true, true
		}
	}
	if !timestamp.ok {
		*timestamp = *received
	}
	return t
}

// firstStoredTime is the beginning of year 1.
var firstStoredTime = event.Micros(daysSinceEpoch(1, 1, 1) * 86_400 * microsPerSecond)

func isReceivable(at event.Micros) bool { return event.MinTime <= at && at < event.MaxTime }
