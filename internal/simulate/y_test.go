package simulate
import ("testing";"time";"os";"fmt";"strings";"syscall")
func TestY(t *testing.T){
 w:=newWorld(t,Options{Seed:1,Events:1_000_000})
 for _, dup := range []bool{false,true} {
 w.options.DuplicateRows=dup
 c:=connect(t); st:=time.Now(); var n int64
 var a,b syscall.Rusage; syscall.Getrusage(0,&a)
 if err:=w.WriteTables(t.Context(),c,0,400,func(k int64){n=k}); err!=nil {t.Fatal(err)}
 syscall.Getrusage(0,&b)
 raw,_:=os.ReadFile(fmt.Sprintf("/proc/%d/stat",c.PgConn().PID()))
 f:=strings.Fields(string(raw))
 t.Log("nopk",dup,n,time.Since(st),"server ticks u/s",f[13],f[14],"client cpu", float64(b.Utime.Nano()-a.Utime.Nano()+b.Stime.Nano()-a.Stime.Nano())/1e9)
 }
}
