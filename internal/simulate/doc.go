// Package simulate generates realistic Segment traffic from a seed, and writes
// down the truth beside it: who is who, and what the first touch was.
//
// A [World] is a pure function of its [Options]. Its traffic is made of units: a
// visitor, a customer, a family before one computer, a kiosk, a bot. The whole life
// of a unit is a pure function of (seed, unit), and the rows of one of its sessions
// are a pure function of (seed, unit, session), so that any span of loading days can
// be generated alone and in bounded memory: between two days the generator keeps
// four bytes a unit that is still to be heard of, 20 MB for 100 million events.
//
// Rows come out by time of loading ([World.Each]) and go straight into
// Segment-shaped tables ([World.WriteTables]) or into files of raw Segment messages
// ([World.WriteFiles]). The truth ([World.EachPerson]) is read off the choices the
// generator made, never off the rows, and names every person whom no pipeline can
// know ([Flag]).
package simulate
