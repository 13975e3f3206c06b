// Package filestore keeps a relay's sessions and used tokens in one file that
// survives a crash: whatever was answered is on the disk.
//
// The file is a bbolt database, written with its syncs on: one writer at a time,
// each change a transaction. It holds the tokens of orders that have not ended,
// and is readable by its owner only.
package filestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tokenshell/orchestrator"
)

// The buckets of the file.
var (
	sessions = []byte("sessions") // id: a record, as JSON
	opening  = []byte("opening")  // number: id
	due      = []byte("due")      // when, id: nothing
	uses     = []byte("uses")     // session: a bucket; in it iss, jti: the attempt
	notes    = []byte("notes")    // name: text
)

// patience is how long Open waits for another process to let go of the file.
const patience = time.Second

// File is a store and a ledger in one file. Safe for concurrent use within a
// process; a second process is kept away.
type File struct {
	db   *bbolt.DB
	path string
}

// Open opens a file, and makes it when there is none. The error says that another
// process has it, or that it is not such a file.
func Open(path string) (f *File, err error) {
	defer whole(path, &err)()
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: patience})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s is in use by another process", path)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s is not a state file, or is damaged: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{sessions, opening, due, uses, notes} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	f = &File{db, path}
	if _, err := f.All(context.Background()); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s is not a state file, or is damaged: %w", path, err)
	}
	return f, nil
}

// whole has what is done to a damaged file be an error, until what it gives is
// called: bbolt believes what it reads, and maps what may not be there.
func whole(path string, err *error) (end func()) {
	was := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(was)
		if broken := recover(); broken != nil {
			*err = fmt.Errorf("%s is damaged: %v", path, broken)
		}
	}
}

// Shut lets go of the file.
func (f *File) Shut() error { return f.db.Close() }

// Get gives a session, or [orchestrator.ErrNoSession].
func (f *File) Get(ctx context.Context, id string) (s *orchestrator.Record, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		s, err = get(tx, id)
		return err
	})
	return s, err
}

func get(tx *bbolt.Tx, id string) (*orchestrator.Record, error) {
	text := tx.Bucket(sessions).Get([]byte(id))
	if text == nil {
		return nil, orchestrator.ErrNoSession
	}
	var s orchestrator.Record
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("session %q: %w", id, err)
	}
	return &s, nil
}

// Put keeps a session, or answers [orchestrator.ErrConflict].
func (f *File) Put(ctx context.Context, s *orchestrator.Record) error {
	next := *s
	next.Version++
	err := f.update(ctx, func(tx *bbolt.Tx) error {
		old, err := get(tx, s.ID)
		switch {
		case errors.Is(err, orchestrator.ErrNoSession) && s.Version == 0:
			if next.Number, err = tx.Bucket(opening).NextSequence(); err != nil {
				return err
			}
			if err := tx.Bucket(opening).Put(binary.BigEndian.AppendUint64(nil, next.Number), []byte(s.ID)); err != nil {
				return err
			}
		case errors.Is(err, orchestrator.ErrNoSession):
			return orchestrator.ErrConflict
		case err != nil:
			return err
		case old.Version != s.Version:
			return orchestrator.ErrConflict
		default:
			if err := tx.Bucket(due).Delete(dueKey(old.Due, s.ID)); err != nil {
				return err
			}
		}
		text, err := json.Marshal(&next)
		if err != nil {
			return err
		}
		if err := tx.Bucket(due).Put(dueKey(s.Due, s.ID), []byte{}); err != nil {
			return err
		}
		return tx.Bucket(sessions).Put([]byte(s.ID), text)
	})
	if err == nil {
		s.Version, s.Number = next.Version, next.Number
	}
	return err
}

// Due gives what is due, earliest first.
func (f *File) Due(ctx context.Context, now time.Time) (ids []string, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		end := moment(now)
		at := tx.Bucket(due).Cursor()
		for key, _ := at.First(); key != nil && bytes.Compare(key[:len(end)], end) < 0; key, _ = at.Next() {
			ids = append(ids, string(key[len(end):]))
		}
		return nil
	})
	return ids, err
}

// Forget drops a session, or answers [orchestrator.ErrConflict] or
// [orchestrator.ErrOwing].
func (f *File) Forget(ctx context.Context, id string, version uint64) error {
	return f.update(ctx, func(tx *bbolt.Tx) error {
		s, err := get(tx, id)
		switch {
		case errors.Is(err, orchestrator.ErrNoSession):
			return orchestrator.ErrConflict
		case err != nil:
			return err
		case s.Version != version:
			return orchestrator.ErrConflict
		case s.State.Owes():
			return orchestrator.ErrOwing
		}
		return errors.Join(
			tx.Bucket(sessions).Delete([]byte(id)),
			tx.Bucket(opening).Delete(binary.BigEndian.AppendUint64(nil, s.Number)),
			tx.Bucket(due).Delete(dueKey(s.Due, id)),
		)
	})
}

// All gives every session, in the order of opening.
func (f *File) All(ctx context.Context) (all []*orchestrator.Record, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(opening).ForEach(func(_, id []byte) error {
			s, err := get(tx, string(id))
			all = append(all, s)
			return err
		})
	})
	return all, err
}

// Ledger gives the used tokens of the same file.
func (f *File) Ledger() orchestrator.Ledger { return ledger{f} }

type ledger struct{ *File }

// Use records a use.
func (l ledger) Use(ctx context.Context, use orchestrator.Use) (first bool, err error) {
	err = l.update(ctx, func(tx *bbolt.Tx) error {
		set, err := tx.Bucket(uses).CreateBucketIfNotExists([]byte(use.Session))
		if err != nil {
			return err
		}
		key := binary.BigEndian.AppendUint32(nil, uint32(len(use.Ref.Issuer)))
		key = append(append(key, use.Ref.Issuer...), use.Ref.ID...)
		if by := set.Get(key); by != nil {
			first = use.Attempt != "" && string(by) == use.Attempt
			return nil
		}
		first = true
		return set.Put(key, []byte(use.Attempt))
	})
	return first && err == nil, err
}

// Forget drops a session's uses.
func (l ledger) Forget(ctx context.Context, session string) error {
	return l.update(ctx, func(tx *bbolt.Tx) error {
		if err := tx.Bucket(uses).DeleteBucket([]byte(session)); !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
		return nil
	})
}

// Clear forgets everything, debts too: the file is as new.
func (f *File) Clear(ctx context.Context) error {
	return f.update(ctx, func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{sessions, opening, due, uses, notes} {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Note keeps a text beside the sessions, for whoever opens the file next.
func (f *File) Note(ctx context.Context, name string, text []byte) error {
	return f.update(ctx, func(tx *bbolt.Tx) error { return tx.Bucket(notes).Put([]byte(name), text) })
}

// Noted gives a text that was kept; nil when there is none.
func (f *File) Noted(ctx context.Context, name string) (text []byte, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		text = bytes.Clone(tx.Bucket(notes).Get([]byte(name)))
		return nil
	})
	return text, err
}

func (f *File) view(ctx context.Context, do func(*bbolt.Tx) error) (err error) {
	defer whole(f.path, &err)()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.db.View(do)
}

func (f *File) update(ctx context.Context, do func(*bbolt.Tx) error) (err error) {
	defer whole(f.path, &err)()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.db.Update(do)
}

// dueKey sorts by time.
func dueKey(when time.Time, id string) []byte { return append(moment(when), id...) }

// moment is a time whose bytes sort as times do.
func moment(t time.Time) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(key, uint32(t.Nanosecond()))
}
