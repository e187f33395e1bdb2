package ledger

import (
	"context"
	"database/sql"
	"time"
)

// SavePace keeps until when a queue must not be polled, or the portal be called at all.
func (l *Ledger) SavePace(ctx context.Context, key string, until time.Time) error {
	return l.tx(context.WithoutCancel(ctx), "keeping a permitted time", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO pace (key, until) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET until = excluded.until`, key, stamp(until))
		return err
	})
}

// LoadPace reads what SavePace kept.
func (l *Ledger) LoadPace(ctx context.Context) (map[string]time.Time, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT key, until FROM pace`)
	if err != nil {
		return nil, l.wrap("reading permitted times", err)
	}
	defer rows.Close()
	all := map[string]time.Time{}
	for rows.Next() {
		var key string
		var until time.Time
		if err := rows.Scan(&key, moment{&until}); err != nil {
			return nil, l.wrap("reading permitted times", err)
		}
		all[key] = until
	}
	return all, l.wrap("reading permitted times", rows.Err())
}
