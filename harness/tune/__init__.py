"""The best schedule for holds: recorded, modelled or unknown ones, and how sure that is.

A retry looks whether a hold is over; it does not draw another one. So this is optimal inspection
(Barlow, Hunter and Proschan, J. SIAM 11 (1963) 1078-1095; Keller, Management Science 21 (1974) 256-260;
Parmigiani, "Optimal scheduling of fallible inspections", Duke 92-38), not optimal restart.
"""
