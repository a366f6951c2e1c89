package looker_test

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A database answers queries, the same one once: nothing changes in it.
type database struct {
	conn  *pgx.Conn
	asked map[string]answer
}

type answer struct {
	number int64    // of a query for one
	types  []uint32 // of the columns of a query that is only described
	err    error
}

func (d *database) ask(text string, how func() answer) answer {
	a, known := d.asked[text]
	if !known {
		a = how()
		d.asked[text] = a
	}
	return a
}

// number runs a query for one number.
func (d *database) number(ctx context.Context, text string) (int64, error) {
	a := d.ask(text, func() (a answer) {
		a.err = d.conn.QueryRow(ctx, text).Scan(&a.number)
		return a
	})
	return a.number, a.err
}

// types are those of a query's columns; it is not run.
func (d *database) types(ctx context.Context, text string) ([]uint32, error) {
	a := d.ask("types of "+text, func() (a answer) {
		described, err := d.conn.Prepare(ctx, "", text)
		if err != nil {
			return answer{err: err}
		}
		for _, f := range described.Fields {
			a.types = append(a.types, f.DataTypeOID)
		}
		return a
	})
	return a.types, a.err
}

func typeName(conn *pgx.Conn, oid uint32) string {
	if known, exists := conn.TypeMap().TypeForOID(oid); exists {
		return known.Name
	}
	return fmt.Sprintf("OID %d", oid)
}
