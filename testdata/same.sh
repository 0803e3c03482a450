# same.sh COMMAND [ARG...]: says where stoke COMMAND prints anything but what COMMAND alone prints for the same items.
# The items are lines of the file items. SIZES says how many of them are tried, JOBS by how many workers.
for n in $SIZES; do
	head -n $n items > in
	"$@" < in > want
	for j in $JOBS; do
		stoke -j $j -- "$@" < in > got 2> messages
		status=$?
		cmp want got && [ $status = 0 ] && [ ! -s messages ] && continue
		echo "$n items, -j $j, status $status: $*"
		diff want got | head -n 4
		head -n 4 messages
		exit 1
	done
done
