package highs

// The module's short export names of HiGHS's C interface, as build/highs.mjs of the npm
// package highs 1.15.3 assigns them.
const (
	fnStart    = "v" // static constructors
	fnCreate   = "F"
	fnDestroy  = "G"
	fnVersion  = "H"
	fnRun      = "N"
	fnPassMip  = "V"
	fnSetBool  = "ia"
	fnSetInt   = "ja"
	fnSetReal  = "ka"
	fnInfo     = "Ba" // getDoubleInfoValue
	fnInfoInt  = "Aa" // getIntInfoValue
	fnSolution = "Ea"
	fnStatus   = "Ga"
	fnBegin    = "Va" // setSolution
	fnMalloc   = "uc"
)

// feasiblePoint is kSolutionStatusFeasible of HiGHS.
const feasiblePoint = 2

// The codes of HighsModelStatus, HiGHS 1.15 HConst.h.
const (
	modelOptimal    = 7
	modelInfeasible = 8
	modelEither     = 9 // unbounded or infeasible
	modelUnbounded  = 10
	modelTime       = 13
	modelIterations = 14
	modelUnknown    = 15
	modelSolutions  = 16
	modelInterrupt  = 17
)
