// Package orchestrator is the relay, OrderProcessing: it opens sessions, judges
// envelopes, keeps which jti a session has used, forwards, and takes back what
// it forwarded when a later service refuses.
//
// The laws:
//
//   - It reads an envelope and never the letter: constraints and sealed are
//     bytes to it, facts and receipts too. It knows no money.
//   - It uses capabilities for one thing only: to choose the service.
//   - A use is recorded last, in one atomic step, and then the acceptance: a
//     refused token burns nothing, and of two uses one wins.
//   - A redemption, a resumption and a close are a machine over a [Record], plain
//     data: next gives the question, took notes the answer. One loop around it
//     asks, and writes to the [Store] before each question. There is no other way
//     to stop between two messages, and none is needed: whoever finds a record
//     asks its question again, with the same attempt id.
//   - A relay that lost its memory fails closed.
//   - A refusal ends an attempt, and is released: once, or as a cancellation is
//     when nobody answers that, for another copy of the question may be done. An
//     unknown answer is asked for again with the same attempt id, then cancelled.
//   - What owes is never forgotten, and a name is free when no service has books
//     of its order.
//   - A redemption ends completed, compensated or stuck, and says which.
//
// [Relay.Open], [Relay.Relay], [Relay.Redeem], [Relay.Resume] and [Relay.Close]
// are the path of an order. What a service must be is [Redeemer].
//
// It imports tokens and no domain.
package orchestrator
