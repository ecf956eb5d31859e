import com.graphhopper.GHRequest;
import com.graphhopper.GHResponse;
import com.graphhopper.GraphHopper;
import com.graphhopper.config.CHProfile;
import com.graphhopper.config.Profile;
import com.graphhopper.json.Statement;
import com.graphhopper.util.CustomModel;
import com.graphhopper.util.TurnCostsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Imports an extract, prepares it and asks for the ways of a list of pairs: Peer EXTRACT FOLDER PAIRS turns|plain */
public class Peer {
    public static void main(String[] args) throws Exception {
        boolean turns = args[3].equals("turns");
        List<String> lines = Files.readAllLines(Path.of(args[2]));
        double[][] pairs = new double[lines.size()][4];
        for (int i = 0; i < pairs.length; i++) {
            String[] f = lines.get(i).split(" ");
            for (int k = 0; k < 4; k++) pairs[i][k] = Double.parseDouble(f[k]);
        }
        CustomModel model = new CustomModel().setDistanceInfluence(0d)
                .addToPriority(Statement.If("!car_access", Statement.Op.MULTIPLY, "0"))
                .addToSpeed(Statement.If("true", Statement.Op.LIMIT, "car_average_speed"));
        Profile profile = new Profile("car").setCustomModel(model);
        if (turns) profile.setTurnCostsConfig(TurnCostsConfig.car());
        long begin = System.nanoTime();
        GraphHopper hopper = new GraphHopper();
        hopper.setOSMFile(args[0]);
        hopper.setGraphHopperLocation(args[1]);
        hopper.setEncodedValuesString("car_access, car_average_speed");
        hopper.setProfiles(profile);
        hopper.setMinNetworkSize(200);
        hopper.getCHPreparationHandler().setCHProfiles(new CHProfile("car"));
        hopper.importOrLoad();
        double imported = (System.nanoTime() - begin) / 1e9;
        var machine = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        var threads = java.lang.management.ManagementFactory.getThreadMXBean();
        StringBuilder out = new StringBuilder("{\"import_s\":" + imported + ",\"import_cpu_s\":" + machine.getProcessCpuTime() / 1e9 + ",\"nodes\":" + hopper.getBaseGraph().getNodes());
        double[] metres = new double[pairs.length], seconds = new double[pairs.length];
        // What is asked often becomes fast: the best of the rounds counts, in the time of this thread alone.
        double micros = Double.POSITIVE_INFINITY;
        long until = System.nanoTime() + 20_000_000_000L;
        int rounds = 0;
        while (rounds < 5 || System.nanoTime() < until && rounds < 40) {
            rounds++;
            long start = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < pairs.length; i++) {
                GHRequest q = new GHRequest(pairs[i][1], pairs[i][0], pairs[i][3], pairs[i][2]).setProfile("car");
                q.putHint("calc_points", false);
                q.putHint("instructions", false);
                GHResponse r = hopper.route(q);
                if (r.hasErrors()) { metres[i] = -1; seconds[i] = -1; continue; }
                metres[i] = r.getBest().getDistance();
                seconds[i] = r.getBest().getTime() / 1000.0;
            }
            micros = Math.min(micros, (threads.getCurrentThreadCpuTime() - start) / 1e3 / pairs.length);
        }
        out.append(",\"query_us\":").append(micros).append(",\"rounds\":").append(rounds).append(",\"metres\":[");
        for (int i = 0; i < pairs.length; i++) out.append(i == 0 ? "" : ",").append(metres[i]);
        out.append("],\"seconds\":[");
        for (int i = 0; i < pairs.length; i++) out.append(i == 0 ? "" : ",").append(seconds[i]);
        out.append("],\"peak_mib\":");
        double peak = 0;
        for (String l : Files.readAllLines(Path.of("/proc/self/status")))
            if (l.startsWith("VmHWM:")) peak = Double.parseDouble(l.replaceAll("[^0-9]", "")) / 1024;
        out.append(peak).append("}");
        System.out.println(out);
        System.exit(0);
    }
}
