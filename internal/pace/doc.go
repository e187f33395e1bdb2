// Package pace says when the next call to the portal may start.
//
// The portal allows ten calls a second, of every kind together, and answers the
// eleventh with a 429 and thirty seconds of silence (portal-api.md, "The rest"). A
// [Pacer] keeps below that by a completion window: every call holds a permit, and the
// permit comes back one second after the answer is in. Between two calls on one permit
// the server therefore sees more than a second, whatever the network does to either of
// them, and with ten permits no eleventh call can arrive within any second. A token
// bucket counts departures and cannot promise that.
//
//	p, err := pace.New(ctx, pace.Options{PerSecond: 10, Store: ledger})
//	…
//	done, err := p.Acquire(ctx, sender) // waits for its turn
//	if err != nil {
//		return err
//	}
//	answer := call()
//	done(answer.TimedOut, answer.Blocked) // exactly once, when the answer is in
//	…
//	p.Close() // when no more calls are made
//
// What it guarantees:
//
//   - A call that was never answered, or by something on the way instead of the portal, may
//     still arrive, so its permit stays out for 31 seconds.
//   - A block (a 429 for speed) silences everything for 31 seconds; then half of the
//     permits are used for ten minutes.
//   - A new Pacer starts with its permits out: the process before it may have called a
//     moment ago. They come back after a second, or after 31 where that process was killed,
//     or closed before every call was answered: such calls may arrive among the new ones.
//   - Blocks and permitted poll times are kept in the [Store] and honoured by the next
//     process. A Pacer that could not keep one gives no more permits.
//   - Within a process the wall clock plays no part. Between two of them a clock that is put
//     back makes the next one wait longer, by no more than it could have to wait anyway (a
//     poll: ten minutes to an hour). One that is put forward makes kept times look past,
//     which nothing here can tell: a call may run into a block that was known, or a poll
//     come too early. The portal says so again, and the ten calls a second hold all the same.
//   - Clocks that differ in speed by less than half a percent change nothing of this.
//   - Permits are given in the order in which they were asked for, and a cancelled context
//     ends any wait at once without using one up.
package pace
